using System.Globalization;
using System.Text.Json;
using RunnerFleet.Compute;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;

namespace RunnerFleet.Aws.Events;

/// <summary>
/// Reads the detail of an "ECS Task State Change". Only what is named here is read: the detail also holds the task's overrides, with the claim secret in clear (Amazon ECS Developer Guide, task state change events).
/// </summary>
internal static class EcsTaskEvent
{
    private const string Container = "runner";
    private const int MaxReason = 500;

    public static AwsEvent Read(JsonElement detail, string fleet)
    {
        if (detail.TextOf("taskArn") is not { Length: > 0 } task || detail.TextOf("clusterArn") is not { Length: > 0 } cluster || detail.TextOf("lastStatus") is not { Length: > 0 } status)
        {
            return new AwsEvent.Unreadable("The event of an ECS task names no task, no cluster or no status.");
        }

        if (detail.TextOf("startedBy")?.Split('/') is not [var owner, var runner, var attempt] || owner != fleet || !RunnerName.IsId(runner)
            || !int.TryParse(attempt, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1)
        {
            return new AwsEvent.NotOurs("The task was not started by this fleet.");
        }

        var standing = StatusOf(status, detail.TextOf("desiredStatus"));
        return new AwsEvent.News(new FleetEvent.ComputeChanged(new ComputeDescription
        {
            Compute = new ComputeRef { Launcher = "ecs", Location = cluster[(cluster.LastIndexOf('/') + 1)..], Id = task },
            RunnerId = runner,
            Attempt = number,
            Status = standing,
            StartedAt = TimeOf(detail, "startedAt"),
            End = standing == ComputeStatus.Stopped ? EndOf(detail) : null,
        }));
    }

    // New words appear; one that is unknown here is somewhere on the way to RUNNING.
    private static ComputeStatus StatusOf(string last, string? desired) => last switch
    {
        "STOPPED" => ComputeStatus.Stopped,
        "DEACTIVATING" or "STOPPING" or "DEPROVISIONING" => ComputeStatus.Stopping,
        _ when desired == "STOPPED" => ComputeStatus.Stopping,
        "RUNNING" => ComputeStatus.Running,
        _ => ComputeStatus.Starting,
    };

    private static ComputeEnd EndOf(JsonElement detail)
    {
        var container = ContainerOf(detail);
        var (code, sentence) = (detail.TextOf("stopCode"), detail.TextOf("stoppedReason"));
        var reason = string.Join(": ", new[] { code, sentence, container.TextOf("reason") }.Where(text => !string.IsNullOrWhiteSpace(text)).Distinct());
        return new()
        {
            StartedAt = TimeOf(detail, "pullStartedAt") ?? TimeOf(detail, "startedAt") ?? TimeOf(detail, "createdAt"), // Fargate bills from the pull on (AWS Fargate pricing)
            At = TimeOf(detail, "stoppedAt"),
            ExitCode = container.ValueKind == JsonValueKind.Object && container.TryGetProperty("exitCode", out var exit) && exit.ValueKind == JsonValueKind.Number && exit.TryGetInt32(out var exitCode) ? exitCode : null,
            Reason = reason.Length > 0 ? reason.ToOneLine(MaxReason) : null,
            // The words have changed over time (Amazon ECS Developer Guide, Fargate Spot).
            Interrupted = code is "SpotInterruption" or "TerminationNotice" || sentence?.Contains("Spot Task was interrupted", StringComparison.OrdinalIgnoreCase) == true,
            ImageUnavailable = reason.Contains("CannotPullContainerError", StringComparison.Ordinal) || reason.Contains("CannotPullImageManifestError", StringComparison.Ordinal),
        };
    }

    /// <summary>The runner's container; else the only one.</summary>
    private static JsonElement ContainerOf(JsonElement detail)
    {
        if (!detail.TryGetProperty("containers", out var containers) || containers.ValueKind != JsonValueKind.Array)
        {
            return default;
        }

        var all = containers.EnumerateArray().ToList();
        return all.Find(container => container.TextOf("name") == Container) is { ValueKind: JsonValueKind.Object } runner ? runner : all is [var only] ? only : default;
    }

    private static DateTimeOffset? TimeOf(JsonElement detail, string name) =>
        DateTimeOffset.TryParse(detail.TextOf(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
