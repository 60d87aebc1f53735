using System.Globalization;
using Docker.DotNet.Models;
using RunnerFleet.Compute;

namespace RunnerFleet.Local.Docker;

/// <summary>What the container of a launch is: the sizes of its class, and nothing that a job could reach this machine by.</summary>
internal static class ContainerSpec
{
    private const long MiB = 1024 * 1024;
    private const int MaxTag = 256;

    /// <summary>What the entry point of <c>runner/</c> calls its own grace time, and what it needs after that to say that it ends.</summary>
    private const string StopSeconds = "RUNNERFLEET_STOP_SECONDS";
    private const int BeforeTheKill = 5;

    public static CreateContainerParameters Of(Attempt attempt, string image, LaunchRequest request, DockerLauncherOptions options) => new()
    {
        Name = attempt.Container,
        Image = image,
        Env = [.. EnvironmentOf(request, options).Select(variable => $"{variable.Key}={variable.Value}")],
        Labels = LabelsOf(attempt, request),
        StopSignal = "SIGTERM", // a base image may have set another, which the runner's entry point would not hear
        StopTimeout = TimeSpan.FromSeconds(options.StopGraceSeconds), // for stops by others: a person, or an engine that ends
        HostConfig = new HostConfig
        {
            NetworkMode = options.Network,
            NanoCPUs = request.Plan.Cpu * 1_000_000_000L / 1024,
            Memory = request.Plan.MemoryMiB * MiB,
            MemorySwap = request.Plan.MemoryMiB * MiB, // memory and swap together: no swap
            PidsLimit = options.PidsLimit,
            CapDrop = ["ALL"],
            SecurityOpt = ["no-new-privileges"],
            IpcMode = "private",
            Init = true, // reaps what a job leaves behind, and passes a stop on, whatever the image's own program does as process 1
            RestartPolicy = new RestartPolicy { Name = RestartPolicyKind.No },
            LogConfig = new LogConfig { Type = "json-file", Config = new Dictionary<string, string> { ["max-size"] = "1m", ["max-file"] = "2" } },
        },
    };

    private static Dictionary<string, string> EnvironmentOf(LaunchRequest request, DockerLauncherOptions options)
    {
        var environment = new Dictionary<string, string> { [StopSeconds] = Math.Max(1, options.StopGraceSeconds - BeforeTheKill).ToString(CultureInfo.InvariantCulture) };
        foreach (var name in options.PassEnvironment)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
            {
                environment[name] = value;
            }
        }

        foreach (var (name, value) in request.Environment)
        {
            environment[name] = value;
        }

        return environment;
    }

    private static Dictionary<string, string> LabelsOf(Attempt attempt, LaunchRequest request)
    {
        var labels = request.Tags.ToDictionary(tag => $"runnerfleet.tag.{tag.Key}", tag => tag.Value.ToOneLine(MaxTag));
        foreach (var (name, value) in attempt.Labels)
        {
            labels[name] = value;
        }

        return labels;
    }
}
