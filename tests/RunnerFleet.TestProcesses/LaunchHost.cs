using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.TestProcesses;

/// <summary>A host that launches one runner, says what came of it, and waits to be killed. Its supervisors are this same program.</summary>
internal static class LaunchHost
{
    public static async Task<int> RunAsync(string[] args)
    {
        var (directory, url, runnerId) = (args[0], args[1], args[2]);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging();
        new Builder(builder.Services).UseProcessLauncher(options =>
        {
            options.Directory = directory;
            options.Command.Add(Environment.ProcessPath!);
            options.Command.Add("stand-in");
        });
        using var host = builder.Build();
        await host.StartAsync();

        var identity = new ComputeIdentity { Fleet = "host", RunnerId = runnerId, Attempt = 1 };
        var outcome = await host.Services.GetRequiredService<IComputeLauncher>().LaunchAsync(new LaunchRequest
        {
            Identity = identity,
            Plan = new LaunchPlan { Attempt = 1, ClassName = "default", Cpu = 256, MemoryMiB = 512, Architecture = "x64", ControlPlaneUrl = new Uri(url), ClaimKeyId = "k" },
            Environment = new Dictionary<string, string> { [RunnerEnvironment.ControlPlaneUrl] = url, [RunnerEnvironment.ClaimSecret] = "secret", ["STAND_IN"] = "wait" },
        }, CancellationToken.None);
        Console.WriteLine(outcome.GetType().Name);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);
        return 0;
    }

    private sealed record Builder(IServiceCollection Services) : IRunnerFleetBuilder;
}
