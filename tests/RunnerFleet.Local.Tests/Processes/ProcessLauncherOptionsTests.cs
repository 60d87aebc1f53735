using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Local.Processes;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Local.Tests.Processes;

public sealed class ProcessLauncherOptionsTests
{
    [Fact]
    public void Good_settings_pass() => Assert.Empty(FailuresOf(_ => { }));

    [Theory]
    [InlineData("needs Directory", "directory")]
    [InlineData("neither RunnerFolder nor Command", "no-program")]
    [InlineData("both RunnerFolder and Command", "both")]
    [InlineData("does not hold an unpacked GitHub Actions runner", "folder")]
    [InlineData("Program.cs begin with the line", "supervisor")]
    [InlineData("never passed to runners", "pass")]
    [InlineData("StopGraceSeconds (-1)", "grace")]
    [InlineData("StartTimeoutSeconds (0)", "timeout")]
    public void Each_bad_setting_is_refused_with_a_sentence(string sentence, string bad)
    {
        var failure = Assert.Single(FailuresOf(options => Spoil(options, bad)));

        Assert.Contains(sentence, failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("state", true)]
    [InlineData("", true)]
    [InlineData("../runner-state", false)]
    public void State_within_the_runner_folder_is_refused(string directory, bool refused)
    {
        using var folder = new TemporaryFolder();
        var runner = Directory.CreateDirectory(Path.Combine(folder.Path, "runner", "bin")).Parent!.FullName;
        File.WriteAllText(RunnerCopy.ListenerOf(runner), "");

        var failures = FailuresOf(options =>
        {
            options.Command.Clear();
            options.RunnerFolder = runner;
            options.Directory = Path.Combine(runner, directory);
        });

        Assert.Equal(refused, failures.Any(failure => failure.Contains("lies in its RunnerFolder", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_host_with_bad_settings_does_not_start()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging();
        new Builder(builder.Services).UseProcessLauncher(options => options.Directory = "state");
        using var host = builder.Build();

        await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
    }

    [Fact]
    public void The_verb_replaces_the_launcher_and_tells_of_its_events()
    {
        using var folder = new TemporaryFolder();
        var services = new ServiceCollection().AddLogging().AddSingleton<IComputeLauncher, FakeComputeLauncher>();
        new Builder(services).UseProcessLauncher(options => Good(options, folder.Path));
        using var provider = services.BuildServiceProvider();

        var launcher = Assert.IsType<ProcessLauncher>(provider.GetRequiredService<IComputeLauncher>());
        Assert.Same(launcher, provider.GetRequiredService<IComputeEventSource>());
        Assert.Single(provider.GetServices<IComputeLauncher>());
    }

    [Fact]
    public void An_event_source_that_was_chosen_before_stays()
    {
        using var folder = new TemporaryFolder();
        var events = new FakeComputeLauncher();
        var services = new ServiceCollection().AddLogging().AddSingleton<IComputeEventSource>(events);
        new Builder(services).UseProcessLauncher(options => Good(options, folder.Path));
        using var provider = services.BuildServiceProvider();

        Assert.Same(events, provider.GetRequiredService<IComputeEventSource>());
    }

    private static IEnumerable<string> FailuresOf(Action<ProcessLauncherOptions> change)
    {
        var options = new ProcessLauncherOptions();
        Good(options, "state");
        change(options);
        return new ProcessLauncherRules().Validate(null, options).Failures ?? [];
    }

    private static void Good(ProcessLauncherOptions options, string directory)
    {
        options.Directory = directory;
        options.Command.Add("program");
        options.Supervisor.Add("supervisor");
    }

    private static void Spoil(ProcessLauncherOptions options, string bad)
    {
        switch (bad)
        {
            case "directory": options.Directory = " "; break;
            case "no-program": options.Command.Clear(); break;
            case "both": options.RunnerFolder = "runner"; break;
            case "folder": options.Command.Clear(); options.RunnerFolder = "no-such-folder"; break;
            case "supervisor": options.Supervisor.Clear(); break; // no test asks RunnerSupervisor.IsRequested in this process
            case "pass": options.PassEnvironment.Add("RUNNERFLEET__GITHUB__TOKEN"); break;
            case "grace": options.StopGraceSeconds = -1; break;
            default: options.StartTimeoutSeconds = 0; break;
        }
    }

    private sealed record Builder(IServiceCollection Services) : IRunnerFleetBuilder;

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("runnerfleet-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
