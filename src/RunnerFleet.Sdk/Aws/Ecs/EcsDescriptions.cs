using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Aws.Ecs;

/// <summary>Reads tasks as compute of a fleet: the same from an answer and from an event.</summary>
internal static class EcsDescriptions
{
    public const string Launcher = "ecs";

    private const int MaxReason = 500;

    public static ComputeRef RefOf(EcsTask task) => new() { Launcher = Launcher, Location = LastPart(task.ClusterArn), Id = task.TaskArn };

    /// <summary>The part of an ARN, or of a plain name, behind the last slash.</summary>
    public static string LastPart(string arn) => arn[(arn.LastIndexOf('/') + 1)..];

    /// <summary>The cluster of a task's ARN, <c>…:task/&lt;cluster&gt;/&lt;id&gt;</c>; <see langword="null"/> in the short form of accounts that never opted in to the long one.</summary>
    public static string? ClusterOf(string taskArn) => taskArn.Split(":task/") is [_, var rest] && rest.Split('/') is [var cluster, _] ? cluster : null;

    /// <summary>Only <c>startedBy</c> says whose it is: anybody may tag, and ECS takes the tags off when a task stops.</summary>
    public static bool IsOf(EcsTask task, string fleet) => task.StartedBy is { } startedBy && startedBy.StartsWith(fleet + "/", StringComparison.Ordinal);

    public static ComputeDescription Of(EcsTask task)
    {
        var isOurs = TryParse(task.StartedBy, out _, out var runnerId, out var attempt);
        var status = StatusOf(task);
        return new()
        {
            Compute = RefOf(task),
            RunnerId = isOurs ? runnerId : null,
            Attempt = isOurs ? attempt : 0,
            Status = status,
            StartedAt = task.StartedAt,
            End = status == ComputeStatus.Stopped ? EndOf(task) : null,
        };
    }

    /// <summary>Reads <see cref="ComputeIdentity.Token"/>.</summary>
    public static bool TryParse(string? token, [NotNullWhen(true)] out string? fleet, [NotNullWhen(true)] out string? runnerId, out int attempt)
    {
        (fleet, runnerId, attempt) = (null, null, 0);
        if (token?.Split('/') is not [{ Length: > 0 } first, var second, var third]
            || !first.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
            || !RunnerName.IsId(second)
            || !int.TryParse(third, NumberStyles.None, CultureInfo.InvariantCulture, out attempt)
            || attempt < 1)
        {
            return false;
        }

        (fleet, runnerId) = (first, second);
        return true;
    }

    private static ComputeStatus StatusOf(EcsTask task) => task.LastStatus switch
    {
        "STOPPED" => ComputeStatus.Stopped,
        "DEACTIVATING" or "STOPPING" or "DEPROVISIONING" => ComputeStatus.Stopping,
        _ when task.DesiredStatus == "STOPPED" => ComputeStatus.Stopping,
        "RUNNING" => ComputeStatus.Running,
        _ => ComputeStatus.Starting,
    };

    private static ComputeEnd EndOf(EcsTask task)
    {
        var runner = task.Containers.FirstOrDefault(container => container.Name == EcsTaskContent.Container) ?? (task.Containers is [var only] ? only : null);
        var reason = string.Join(": ", new[] { task.StopCode, task.StoppedReason, runner?.Reason }.Where(text => !string.IsNullOrWhiteSpace(text)).Distinct());
        return new()
        {
            StartedAt = task.PullStartedAt ?? task.StartedAt ?? task.CreatedAt, // Fargate bills from the pull on (AWS Fargate pricing)
            At = task.StoppedAt,
            ExitCode = runner?.ExitCode,
            Reason = reason.Length > 0 ? reason.ToOneLine(MaxReason) : null,
            Interrupted = IsInterrupted(task),
            ImageUnavailable = reason.Contains("CannotPullContainerError", StringComparison.Ordinal) || reason.Contains("CannotPullImageManifestError", StringComparison.Ordinal),
        };
    }

    /// <summary>The words have changed over time (Amazon ECS Developer Guide, Fargate capacity providers, "Handling Fargate Spot termination notices").</summary>
    private static bool IsInterrupted(EcsTask task) =>
        task.StopCode is "SpotInterruption" or "TerminationNotice"
        || task.StoppedReason?.Contains("Spot Task was interrupted", StringComparison.OrdinalIgnoreCase) == true;
}
