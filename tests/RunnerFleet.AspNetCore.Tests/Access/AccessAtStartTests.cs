using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RunnerFleet.AspNetCore.Tests.Hosting;

namespace RunnerFleet.AspNetCore.Tests.Access;

public sealed class AccessAtStartTests
{
    private static readonly Dictionary<string, string?> Public = new() { ["RunnerFleet:PublicUrl"] = "https://fleet.example.com" };

    public static TheoryData<string> PartsThatShowTheFleet => ["api", "events", "page"];

    [Theory]
    [MemberData(nameof(PartsThatShowTheFleet))]
    public async Task A_public_host_without_key_does_not_start(string part)
    {
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => FleetHost.StartAsync(Public, app => Map(app, part)));

        Assert.Contains("RunnerFleet:PublicUrl", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("set RunnerFleet:Api:Key", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(PartsThatShowTheFleet))]
    public async Task A_public_host_with_key_starts(string part)
    {
        await using var host = await FleetHost.StartAsync(new(Public) { ["RunnerFleet:Api:Key"] = FleetHost.ApiKey }, app => Map(app, part));

        Assert.NotNull(host.Address);
    }

    [Fact]
    public async Task A_public_host_that_shows_nothing_needs_no_key()
    {
        await using var host = await FleetHost.StartAsync(Public, app =>
        {
            app.MapRunnerFleet();
            app.MapRunnerFleetHealth();
        });

        Assert.Equal("""{"status":"ready"}""", (await host.GetAsync("/readyz")).Body);
    }

    [Fact]
    public async Task Routes_that_are_mapped_only_when_the_server_starts_stay_shut()
    {
        using var host = new HostBuilder().ConfigureWebHost(web => web
            .UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0))
            .ConfigureServices(services =>
            {
                services.AddRouting().AddSingleton<IRunnerFleet>(new FakeRunnerFleet());
                services.Configure<RunnerFleetOptions>(options => options.PublicUrl = new Uri("https://fleet.example.com"));
                new Builder(services).AddAspNetCore();
            })
            .Configure(app => app.UseRouting().UseEndpoints(endpoints => endpoints.MapRunnerFleetApi()))).Build();
        await host.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
        using var response = await client.GetAsync("/api/fleet");

        (await Answer.OfAsync(response)).IsProblem(403, "set RunnerFleet:Api:Key");
    }

    [Theory]
    [InlineData("short")]
    [InlineData("fifteen-letters")]
    [InlineData("a long key with spaces")]
    [InlineData("ein-schlüssel-mit-umlaut")]
    [InlineData("                    ")]
    public async Task A_key_that_is_too_short_or_cannot_be_sent_is_refused_without_being_quoted(string key)
    {
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => FleetHost.StartAsync(new() { ["RunnerFleet:Api:Key"] = key }));

        Assert.Contains("RunnerFleet:Api:Key must have at least 16 characters", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(key, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_key_is_no_key()
    {
        await using var host = await FleetHost.StartAsync(new() { ["RunnerFleet:Api:Key"] = "" });

        Assert.Equal(200, (await host.GetAsync("/api/fleet")).Status);
        Assert.Contains(host.Logs.Lines, line => line.Id.Id == 4004);
    }

    [Theory]
    [InlineData("MapRunnerFleet")]
    [InlineData("MapRunnerFleetApi")]
    [InlineData("MapRunnerFleetEvents")]
    [InlineData("MapRunnerFleetHealth")]
    [InlineData("MapRunnerFleetStatusPage")]
    public async Task Mapping_without_AddAspNetCore_names_the_verb_that_is_missing(string verb)
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();

        var refusal = Assert.Throws<InvalidOperationException>(() => verb switch
        {
            "MapRunnerFleet" => app.MapRunnerFleet(),
            "MapRunnerFleetApi" => app.MapRunnerFleetApi(),
            "MapRunnerFleetEvents" => app.MapRunnerFleetEvents(),
            "MapRunnerFleetHealth" => app.MapRunnerFleetHealth(),
            _ => app.MapRunnerFleetStatusPage(),
        });

        Assert.StartsWith(verb + " needs", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("AddAspNetCore()", refusal.Message, StringComparison.Ordinal);
    }

    private sealed record Builder(IServiceCollection Services) : IRunnerFleetBuilder;

    private static void Map(WebApplication app, string part) => _ = part switch
    {
        "api" => app.MapRunnerFleetApi(),
        "events" => app.MapRunnerFleetEvents(),
        _ => app.MapRunnerFleetStatusPage(),
    };
}
