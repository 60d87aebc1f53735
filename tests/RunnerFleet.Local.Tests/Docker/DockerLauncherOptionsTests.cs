using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Local.Docker;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Local.Tests.Docker;

public sealed class DockerLauncherOptionsTests
{
    [Fact]
    public void The_defaults_pass() => Assert.Empty(FailuresOf(_ => { }));

    [Theory]
    [InlineData("Endpoint must be an address", "endpoint")]
    [InlineData("Endpoint must be an address", "relative")]
    [InlineData("Network ('none')", "none")]
    [InlineData("Network ('container:other')", "container")]
    [InlineData("Network ('')", "no-network")]
    [InlineData("StopGraceSeconds (-1)", "grace")]
    [InlineData("PidsLimit (63)", "pids")]
    [InlineData("PassEnvironment", "secret")]
    public void Each_bad_setting_is_refused_with_a_sentence(string sentence, string bad)
    {
        var failure = Assert.Single(FailuresOf(options => Spoil(options, bad)));

        Assert.Contains(sentence, failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_with_bad_settings_does_not_start()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging();
        new Builder(builder.Services).UseDocker(options => options.PidsLimit = 1);
        using var host = builder.Build();

        await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
    }

    [Fact]
    public void The_verb_replaces_the_launcher_and_tells_of_its_events_and_needs_no_engine_yet()
    {
        var services = new ServiceCollection().AddLogging().AddSingleton<IComputeLauncher, FakeComputeLauncher>();
        new Builder(services).UseDocker(options => options.Endpoint = new Uri("unix:///nobody-listens-here/docker.sock"));
        using var provider = services.BuildServiceProvider();

        var launcher = Assert.IsType<DockerLauncher>(provider.GetRequiredService<IComputeLauncher>());
        Assert.Same(launcher, provider.GetRequiredService<IComputeEventSource>());
        Assert.Single(provider.GetServices<IComputeLauncher>());
        Assert.True(launcher.Capabilities.Images);
    }

    [Fact]
    public void An_event_source_that_was_chosen_before_stays()
    {
        var events = new FakeComputeLauncher();
        var services = new ServiceCollection().AddLogging().AddSingleton<IComputeEventSource>(events);
        new Builder(services).UseDocker();
        using var provider = services.BuildServiceProvider();

        Assert.Same(events, provider.GetRequiredService<IComputeEventSource>());
    }

    private static IEnumerable<string> FailuresOf(Action<DockerLauncherOptions> change)
    {
        var options = new DockerLauncherOptions();
        change(options);
        return new DockerLauncherRules().Validate(null, options).Failures ?? [];
    }

    private static void Spoil(DockerLauncherOptions options, string bad)
    {
        switch (bad)
        {
            case "endpoint": options.Endpoint = new Uri("ssh://somewhere"); break;
            case "relative": options.Endpoint = new Uri("docker.sock", UriKind.Relative); break;
            case "none": options.Network = "none"; break;
            case "container": options.Network = "container:other"; break;
            case "no-network": options.Network = ""; break;
            case "grace": options.StopGraceSeconds = -1; break;
            case "secret": options.PassEnvironment.Add("RunnerFleet__GitHub__Token"); break;
            default: options.PidsLimit = 63; break;
        }
    }

    private sealed record Builder(IServiceCollection Services) : IRunnerFleetBuilder;
}
