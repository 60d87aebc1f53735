using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.AspNetCore.Health;
using RunnerFleet.AspNetCore.Tests.Hosting;
using RunnerFleet.Compute;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.AspNetCore.Tests.Health;

/// <summary>Whether what runs the compute can be reached: told by /readyz, decided by the store alone.</summary>
public sealed class ComputeCheckTests
{
    private readonly FakeComputeLauncher _launcher = new();

    [Fact]
    public async Task A_provider_that_answers_is_healthy()
    {
        await using var host = await StartAsync();

        Assert.Equal(("healthy", "The fake launcher answers."), Compute(await host.GetAsync("/readyz")));
        Assert.Equal(["test"], _launcher.Lists);
    }

    [Fact]
    public async Task A_provider_that_cannot_be_reached_is_told_in_its_words_and_the_host_stays_ready()
    {
        await using var host = await StartAsync();
        _launcher.ListFailure = _ => new ComputeUnavailableException("The engine cannot be reached at its socket.");

        var answer = await host.GetAsync("/readyz");

        Assert.Equal(200, answer.Status);
        Assert.Equal(("degraded", "The engine cannot be reached at its socket. Jobs wait; nothing is lost."), Compute(answer));
        Assert.Equal("""{"status":"ready"}""", (await host.GetAsync("/readyz", (FleetHost.PeerHeader, "203.0.113.9"))).Body);
    }

    [Fact]
    public async Task An_unforeseen_failure_is_logged_and_does_not_show_its_inside()
    {
        await using var host = await StartAsync();
        _launcher.ListFailure = _ => new InvalidOperationException("inside");

        var answer = await host.GetAsync("/readyz");

        Assert.Equal(("degraded", "The fake launcher cannot list its compute; the host's log tells more. Jobs wait; nothing is lost."), Compute(answer));
        Assert.Contains(host.Logs.Lines, line => line.Id.Id == 4008 && line.Exception is InvalidOperationException);
    }

    [Fact]
    public async Task Many_probes_ask_the_provider_once_in_a_few_seconds()
    {
        await using var host = await StartAsync();
        _launcher.ListFailure = _ => new ComputeUnavailableException("Gone.");

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => host.GetAsync("/readyz")));
        Assert.Single(_launcher.Lists);

        _launcher.ListFailure = null;
        Assert.Equal("degraded", Compute(await host.GetAsync("/readyz")).Status);
        host.Clock.Advance(ComputeCheck.Remembered);
        Assert.Equal("healthy", Compute(await host.GetAsync("/readyz")).Status);
        Assert.Equal(2, _launcher.Lists.Count);
    }

    [Fact]
    public async Task A_provider_that_says_nothing_is_degraded_too()
    {
        await using var host = await StartAsync();
        _launcher.BeforeEachCall = _ => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);

        var asking = host.GetAsync("/readyz");
        await Eventually.SoAsync(() => _launcher.Lists.Count == 1, "the provider was asked");
        host.Clock.Advance(ComputeCheck.Patience);

        Assert.Equal(("degraded", "The fake launcher gave no answer within 4 s. Jobs wait; nothing is lost."), Compute(await asking));
    }

    [Fact]
    public async Task The_check_serves_a_hosts_own_health_page()
    {
        await using var host = await StartAsync(map: app =>
        {
            app.MapRunnerFleet();
            app.MapHealthChecks("/own");
        });
        _launcher.ListFailure = _ => new ComputeUnavailableException("Gone.");

        var answer = await host.GetAsync("/own");

        Assert.Equal((200, "Degraded"), (answer.Status, answer.Body));
    }

    private Task<FleetHost> StartAsync(Action<WebApplication>? map = null) => FleetHost.StartAsync(map: map, configure: builder =>
    {
        builder.Services.AddSingleton<IComputeLauncher>(_launcher);
        builder.Services.AddHealthChecks().AddRunnerFleetChecks();
    });

    private static (string? Status, string? Detail) Compute(Answer answer)
    {
        var check = answer.Json.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("name").GetString() == "compute");
        return (check.GetProperty("status").GetString(), check.GetProperty("detail").GetString());
    }
}
