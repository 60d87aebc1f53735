using System.Globalization;
using RunnerFleet.Runners;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>A runner in the words of the Python project: text, and whole seconds since 1970.</summary>
internal static class OriginalAttributes
{
    public static Item Of(Runner runner)
    {
        var began = runner.State is RunnerState.Running ? runner.StateSince : runner.History.FirstOrDefault(move => move.To is RunnerState.Running)?.At;
        var job = runner.Job?.Id.ToString(CultureInfo.InvariantCulture);
        return new Item()
            .With(Attributes.RunnerId, runner.Id)
            .With(Attributes.Timestamp, runner.CreatedAt.ToUnixTimeSeconds())
            .With(Attributes.StartedAt, began?.ToUnixTimeSeconds())
            .With(Attributes.CompletedAt, runner.IsTerminal ? runner.StateSince.ToUnixTimeSeconds() : null)
            .With(Attributes.RunnerLabels, string.Join(',', runner.Labels))
            .With(Attributes.ImageTag, runner.Plan?.Image ?? runner.Spec.Image)
            .With(Attributes.ClassName, runner.Plan?.ClassName ?? runner.Spec.ClassName)
            .With(Attributes.WorkflowJobId, job)
            .With(Attributes.JobId, job)
            .With(Attributes.JobStatus, job is null ? null : JobStatus(runner, began is not null))
            .With(Attributes.TaskId, runner.Compute?.Id);
    }

    // As far as a runner tells. One that ended without having run a job knows nothing of it: another runner may have it by now.
    private static string? JobStatus(Runner runner, bool hasBegun) => runner switch
    {
        { State: RunnerState.Running } => "in_progress",
        { IsTerminal: false } => "queued",
        _ => hasBegun ? "completed" : null,
    };
}
