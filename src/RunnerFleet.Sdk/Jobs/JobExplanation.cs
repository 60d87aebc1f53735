using System.Globalization;
using RunnerFleet.Runners;

namespace RunnerFleet.Jobs;

/// <summary>Why a job is where it is, for people: what it waits for, what comes next, and what to do about it.</summary>
public sealed record JobExplanation
{
    /// <summary>The stored reason that it rests on. <see langword="null"/> where none is stored and the states say it all.</summary>
    public Reason? Reason { get; init; }

    /// <summary>One to three sentences.</summary>
    public required string Text { get; init; }

    /// <summary>Explains a job by its own record and by its runner's. It asks nobody: what is not recorded yet is not in it.</summary>
    /// <param name="job">The job.</param>
    /// <param name="runner">The runner of <see cref="Job.RunnerId"/>; <see langword="null"/> where there is none, or none any more.</param>
    public static JobExplanation Of(Job job, Runner? runner)
    {
        ArgumentNullException.ThrowIfNull(job);
        return job.State switch
        {
            JobState.Waiting => new() { Text = "It waits for an approval at GitHub. Nothing is launched before." },
            JobState.Refused => Because(job.Diagnostic, "The fleet refused it.", "Once the cause is mended, redeliver its webhook or run the job again."),
            JobState.GaveUp => Because(job.Diagnostic, Invariant($"The fleet gave it up after {job.Launches} runners."), "Once the cause is mended, run the job again."),
            JobState.InProgress => new() { Text = runner is null ? $"It runs{On(job)}, which is not a runner on record here." : $"It runs on the runner {runner.Id}." },
            JobState.Completed => new() { Text = $"It is over{(job.Conclusion is { } conclusion ? $": {conclusion}" : "")}." },
            _ when runner is null || runner.IsTerminal => Unserved(job),
            _ => Served(runner),
        };
    }

    private static JobExplanation Unserved(Job job)
    {
        var next = job.NotBefore is { } time
            ? Invariant($"GitHub is asked about it, and another runner recorded, at {time.UtcDateTime:u}.")
            : "Another runner is recorded for it with the next drain or sweep. If this lasts, no host of the fleet is running.";
        return Because(job.Diagnostic, "It has no runner at present.", next);
    }

    private static JobExplanation Served(Runner runner) => runner switch
    {
        { Closing: { } closing } => Because(closing.Cause, "Its runner is ending.", "Another one is recorded for it when that has ended."),
        { State: RunnerState.Pending, NotBefore: { } time } => Because(runner.Reason, "Its runner is not launched yet.", Invariant($"It is tried again at {time.UtcDateTime:u}.")),
        { State: RunnerState.Pending, Reason: null or { Code: ReasonCodes.Queued } } =>
            Because(runner.Reason, "Its runner is not launched yet.", "The next drain takes it up, within seconds. If this lasts, no host of the fleet is running."),
        { State: RunnerState.Pending } => Because(runner.Reason, "Its runner is not launched yet.", null),
        { State: RunnerState.ImageCreating } => Because(runner.Reason, "The image of its runner is being built.", null),
        { State: RunnerState.Starting } => Because(runner.Reason, "Its runner is being launched.", null),
        { State: RunnerState.WaitingForJob, Claims: 0 } => Because(runner.Reason, "Its runner was launched and has not asked for its registration yet.", "If this lasts, its compute does not come up, or cannot reach the control plane."),
        { State: RunnerState.WaitingForJob, OnlineAt: null } => Because(runner.Reason, "Its runner has its registration and is not seen online yet.", null),
        { State: RunnerState.WaitingForJob } => new() { Text = "Its runner is online and waits for GitHub to give it the job." },
        _ => new() { Text = $"Its runner {runner.Id} runs a job. When GitHub says that it is another one, this job gets a runner of its own." },
    };

    /// <summary>What is stored says it best, and names the cure; what the states say stands before it or, without it, alone.</summary>
    private static JobExplanation Because(Reason? reason, string state, string? next) => new()
    {
        Reason = reason,
        Text = string.Join(' ', new[] { state, reason?.Message, next }.Where(sentence => !string.IsNullOrWhiteSpace(sentence))),
    };

    private static string On(Job job) => job.RunnerName is { } name ? $" on {name}" : " on a runner";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
