using Docker.DotNet.Models;
using RunnerFleet.Compute;

namespace RunnerFleet.Local.Docker;

/// <summary>What the container of a launch is: the sizes of its class, and nothing that a job could reach this machine by.</summary>
internal static class ContainerSpec
{
    private const long MiB = 1024 * 1024;
    private const int MaxTag = 256;

    public static CreateContainerParameters Of(Attempt attempt, string image, LaunchRequest request, DockerLauncherOptions options) => new()
    {
        Name = attempt.Container,
        Image = image,
        Env = [.. request.Environment.Select(variable => $"{variable.Key}={variable.Value}")],
        Labels = LabelsOf(attempt, request),
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
