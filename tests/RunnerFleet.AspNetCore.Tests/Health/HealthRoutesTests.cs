using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RunnerFleet.AspNetCore.Health;
using RunnerFleet.AspNetCore.Tests.Hosting;
using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.AspNetCore.Tests.Health;

public sealed class HealthRoutesTests
{
    private static readonly OpenBreaker Breaker = new() { Key = "network", Reason = Reason.Of(ReasonCodes.BreakerOpen, "Three runners never claimed."), OpenedAt = SampleData.Now, ProbeAt = SampleData.Now };

    [Fact]
    public async Task A_host_is_live_whatever_its_store_does()
    {
        await using var host = await FleetHost.StartAsync();
        host.Fleet.Failure = new StoreUnavailableException();

        var answer = await host.GetAsync("/healthz", (FleetHost.PeerHeader, "203.0.113.9"));

        Assert.Equal((200, """{"status":"live"}"""), (answer.Status, answer.Body));
        Assert.Equal(200, (await host.SendAsync(HttpMethod.Head, "/healthz")).Status);
        (await host.PostAsync("/healthz", "")).IsProblem(405);
    }

    [Fact]
    public async Task A_host_is_ready_when_its_store_answers_and_says_no_more_to_strangers()
    {
        await using var host = await FleetHost.StartAsync();
        host.Fleet.Overview = host.Fleet.Overview with { Breakers = [Breaker] };

        var ready = await host.GetAsync("/readyz", (FleetHost.PeerHeader, "203.0.113.9"));
        Assert.Equal((200, """{"status":"ready"}"""), (ready.Status, ready.Body));

        host.Fleet.Failure = new StoreUnavailableException("inside");
        var unready = await host.GetAsync("/readyz", (FleetHost.PeerHeader, "203.0.113.9"));
        Assert.Equal((503, """{"status":"not ready"}"""), (unready.Status, unready.Body));
    }

    [Fact]
    public async Task Those_who_may_use_the_API_are_told_how_each_part_stands()
    {
        await using var host = await FleetHost.StartAsync(FleetHost.WithKey);
        host.Fleet.Overview = host.Fleet.Overview with { Breakers = [Breaker] };

        var plain = await host.GetAsync("/readyz");
        var full = await host.GetAsync("/readyz", ("X-RunnerFleet-Key", FleetHost.ApiKey));

        Assert.Equal("""{"status":"ready"}""", plain.Body);
        Assert.Equal(200, full.Status);
        Assert.Equal(["store healthy", "classes healthy", "launches degraded", "compute healthy"], Checks(full));
        Assert.Contains("Three runners never claimed.", full.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_that_fails_does_not_hide_the_others_nor_show_its_inside()
    {
        await using var host = await FleetHost.StartAsync();

        host.Fleet.Failure = new ClassesUnavailableException("inside");
        var answer = await host.GetAsync("/readyz");

        Assert.Equal(["store unhealthy", "classes degraded", "launches unhealthy", "compute healthy"], Checks(answer));
        Assert.DoesNotContain("inside", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_without_an_address_for_runners_is_degraded_and_told_what_to_set()
    {
        await using var host = await FleetHost.StartAsync(map: app => app.MapRunnerFleetHealth());

        var answer = await host.GetAsync("/readyz");

        Assert.Equal(["store healthy", "classes healthy", "launches degraded", "compute healthy"], Checks(answer));
        Assert.Contains("RunnerFleet:PublicUrl", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_in_time_is_not_ready()
    {
        await using var host = await FleetHost.StartAsync();
        var asked = false;
        host.Fleet.OnGetRunner = async cancellationToken =>
        {
            asked = true;
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return null;
        };
        var asking = host.GetAsync("/readyz", (FleetHost.PeerHeader, "203.0.113.9"));
        await Eventually.SoAsync(() => asked, "the store was asked");
        host.Clock.Advance(Readiness.Limit);

        Assert.Equal(503, (await asking).Status);
    }

    [Fact]
    public async Task The_checks_serve_a_hosts_own_health_page()
    {
        await using var host = await FleetHost.StartAsync(
            map: app =>
            {
                app.MapRunnerFleet();
                app.MapHealthChecks("/own");
            },
            configure: builder => builder.Services.AddHealthChecks().AddRunnerFleetChecks("fleet"));
        var checks = host.Services.GetRequiredService<HealthCheckService>();

        Assert.Equal("Healthy", (await host.GetAsync("/own")).Body);

        host.Fleet.Overview = host.Fleet.Overview with { Breakers = [Breaker] };
        Assert.Equal("Degraded", (await host.GetAsync("/own")).Body);

        host.Fleet.Failure = new StoreUnavailableException();
        Assert.Equal(503, (await host.GetAsync("/own")).Status);
        var report = await checks.CheckHealthAsync(check => check.Tags.Contains("fleet"));
        Assert.Equal(HealthStatus.Unhealthy, report.Entries["runnerfleet-store"].Status);
        Assert.Equal(["runnerfleet-classes", "runnerfleet-compute", "runnerfleet-launches", "runnerfleet-store"], report.Entries.Keys.Order(StringComparer.Ordinal));
    }

    private static string[] Checks(Answer answer) =>
        [.. answer.Json.GetProperty("checks").EnumerateArray().Select(check => $"{check.GetProperty("name").GetString()} {check.GetProperty("status").GetString()}")];
}
