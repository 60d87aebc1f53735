using System.Globalization;
using RunnerFleet.Cli.Output;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.Cli.Runners;

/// <summary>A runner as people see it.</summary>
internal static class RunnerSections
{
    public static IEnumerable<Section> Of(Runner runner, Job? job, DateTimeOffset now) =>
    [
        FactsOf(runner, job, now),
        Times(runner, now),
        History("History", runner.History.Select(move => (move.At, move.From is { } from ? StateWords.Of(from) : null, StateWords.CellOf(move.To), move.Cause))),
    ];

    /// <summary>A history of a runner or of a job.</summary>
    public static Grid History(string heading, IEnumerable<(DateTimeOffset At, string? From, Cell To, Reason Cause)> moves) => new(
        heading,
        ["at", "state", "code", "what happened"],
        [.. moves.Select(move => new Cell[] { Output.Times.At(move.At), move.From == move.To.Text ? new("", Tone.None) : move.To, move.Cause.Code, WithLink(move.Cause) })]);

    public static string WithLink(Reason reason) => ReasonDocument.LinkOf(reason.Link) is { } link ? $"{reason.Message} {link}" : reason.Message;

    private static Facts FactsOf(Runner runner, Job? job, DateTimeOffset now)
    {
        var document = RunnerDocument.Of(runner);
        return Facts.Of(
            null,
            Fact.Of("runner", runner.Id),
            new Fact("state", StateWords.CellOf(runner.State)),
            Fact.Of("since", Output.Times.AtAndAgo(runner.StateSince, now)),
            Fact.Of("reason", runner.Reason?.Code, runner.State == RunnerState.Failed ? Tone.Bad : Tone.None),
            Fact.Of("", runner.Reason is { } reason ? WithLink(reason) : null),
            runner.IsTerminal ? null : Fact.Of("ending", runner.Closing is { } closing ? $"since {Output.Times.AtAndAgo(closing.At, now)}{(closing.Force ? ", by force" : "")}: {closing.Cause}" : null, Tone.Busy),
            Fact.Of("not before", runner.NotBefore is { } time ? Output.Times.AtAndAgo(time, now) : null),
            Fact.Of("looked at next", runner.Deadline is { } deadline ? Output.Times.AtAndAgo(deadline, now) : null),
            Fact.Of("job", runner.Job?.ToString()),
            Fact.Of("", job is null ? null : string.Join(", ", new[] { StateWords.Of(job.State), job.Conclusion, job.WorkflowName, job.Name, ReasonDocument.LinkOf(job.Url) }.OfType<string>())),
            Fact.Of("repository", runner.Repository.FullName),
            Fact.Of("registers with", document.Scope),
            Fact.Of("name at GitHub", document.Name is { } name ? $"{name}{(runner.OnlineAt is { } online ? $", online {Output.Times.AtAndAgo(online, now)}" : ", not seen online")}" : null),
            Fact.Of("labels", string.Join(' ', runner.Labels)),
            Fact.Of("class", document.Class is { } size ? $"{size}{Size(runner.Plan)}" : null),
            Fact.Of("image", document.Image),
            Fact.Of("attempt", runner.Attempt > 0 ? runner.Attempt.ToString(CultureInfo.InvariantCulture) : null),
            Fact.Of("compute", runner.Compute?.Id),
            Fact.Of("", ComputeWords(runner)),
            Fact.Of("places", string.Join(' ', runner.Places)),
            Fact.Of("queued", Output.Times.AtAndAgo(runner.QueuedAt, now)),
            Fact.Of("recorded", Output.Times.AtAndAgo(runner.CreatedAt, now)));
    }

    private static string Size(LaunchPlan? plan) => plan is null ? ""
        : string.Create(CultureInfo.InvariantCulture, $" ({plan.Cpu} cpu, {plan.MemoryMiB} MiB{(plan.DiskGiB is { } disk ? $", {disk} GiB disk" : "")}, {plan.Architecture}, {(plan.Capacity == CapacityKind.Spot ? "spot" : "on demand")})");

    private static string? ComputeWords(Runner runner)
    {
        var words = new[]
        {
            runner.Compute is { } compute ? $"{compute.Launcher}{(compute.Location.Length > 0 ? $" in {compute.Location}" : "")}" : null,
            runner.ComputeGone ? "gone" : null,
            runner.ComputeEnd?.ExitCode is { } code ? string.Create(CultureInfo.InvariantCulture, $"exit code {code}") : null,
            runner.ComputeEnd?.Reason,
        };
        return string.Join(", ", words.OfType<string>());
    }

    private static Grid Times(Runner runner, DateTimeOffset now) => new(
        "How long each state took",
        ["state", "from", "for"],
        [.. StateTime.Of(runner, now).Select(stay => new Cell[]
        {
            StateWords.CellOf(stay.State),
            Output.Times.At(stay.From),
            stay.Length is { } length ? $"{Output.Times.Length(length)}{(stay.To is null ? " until now" : "")}" : null,
        })]);
}
