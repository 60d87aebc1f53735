using System.Globalization;
using System.Text;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.Hosts.Tests.Crash;

/// <summary>What design section 5 promises, by its numbers, looked up at the end of a story.</summary>
internal static class CrashInvariants
{
    /// <summary>How each job ends in a story without a crash: state, conclusion or reason, and how its runner ends.</summary>
    private static readonly Dictionary<string, (JobState State, string Said, RunnerState? Runner)> Ends = new()
    {
        ["run"] = (JobState.Completed, "success", RunnerState.Offline),
        ["wait"] = (JobState.Completed, "success", RunnerState.Offline),
        ["cancel"] = (JobState.Completed, "cancelled", RunnerState.Offline),
        ["none"] = (JobState.Refused, ReasonCodes.UnknownClass, null),
    };

    /// <returns>Each violation with its number and the histories it shows in.</returns>
    public static async Task<IReadOnlyList<string>> ViolationsAsync(CrashStory story)
    {
        var found = new List<string>(story.Violations);
        var (jobs, runners) = (await story.JobRecordsAsync(), await story.RunnersAsync());
        foreach (var (role, id) in story.Jobs)
        {
            var job = jobs.SingleOrDefault(j => j.Key.Id == id);
            var own = runners.Where(r => r.Labels.Contains("class:" + role)).ToList();
            foreach (var broken in OfJob(story, role, id, job, own))
            {
                found.Add($"{broken}\n  job {role}:{(job is null ? " no record" : History(job.History.Select(h => $"{h.At:mm:ss.fff} {h.From} -> {h.To}: {h.Cause.Message}")))}{string.Concat(own.Select(r => $"\n  runner {r.Id}:{History(r.History.Select(h => $"{h.At:mm:ss.fff} {h.From} -> {h.To}: {h.Cause.Message}"))}"))}");
            }
        }

        found.AddRange(runners.Where(r => !story.Jobs.ContainsKey(RoleOf(r))).Select(r => $"(2) runner {r.Id} is for none of the jobs"));
        found.AddRange(Leftovers.Of(story.World.Name).Select(pid => $"(4) process {pid} is left"));
        found.AddRange(story.World.GitHub.Runners.Select(r => $"(4) registration {r.Name} is left"));
        found.AddRange((await story.PlacesAsync()).Where(p => p.Value != 0).Select(p => $"(6) {p.Value} places are taken under {p.Key} at the end"));
        if (MostAtOnce(runners) is > CrashStory.Limit and var most)
        {
            found.Add($"(3) {most} runners held a place at once, by their histories");
        }

        found.AddRange(Secrets.InFilesOf(story.World.Folder).Select(s => $"(10) {s}"));
        found.AddRange(Secrets.In(story.Output).Select(s => $"(10) {s} is in what a host wrote"));
        return [.. found.Distinct()];
    }

    private static IEnumerable<string> OfJob(CrashStory story, string role, long id, Job? job, List<Runner> runners)
    {
        var (state, said, runnerEnd) = Ends[role];
        if (job is null)
        {
            yield return $"(1) job {role} has no record";
            yield break;
        }

        if (job.State != state || (job.Conclusion ?? job.Diagnostic?.Code) != said)
        {
            yield return $"(1, 7) job {role} is {job.State} ({job.Conclusion ?? job.Diagnostic?.Code ?? "no reason"}), without a crash it is {state} ({said})";
        }

        var real = story.World.GitHub.Jobs.SingleOrDefault(j => j.Id == id);
        if (state == JobState.Completed && real?.Conclusion != said)
        {
            yield return $"(5) GitHub says of job {role}: {real?.Status} {real?.Conclusion}";
        }

        // One launch, unless its runner is proven dead: then another may follow, and not before.
        var inOrder = runners.OrderBy(r => r.Id, StringComparer.Ordinal).ToList();
        if (inOrder.Count > 0 != runnerEnd is not null)
        {
            yield return $"(2) {inOrder.Count} runners were recorded for job {role}";
        }

        foreach (var (former, next) in inOrder.Zip(inOrder.Skip(1)).Where(p => !p.First.IsTerminal || p.First.StateSince > p.Second.CreatedAt))
        {
            yield return $"(2) runner {next.Id} was recorded for job {role} before runner {former.Id} had ended";
        }

        foreach (var runner in inOrder)
        {
            var started = Started(story, runner);
            if (started > 1 || (started == 0 && inOrder.Count == 1))
            {
                yield return $"(2) {started} computes were started for runner {runner.Id} of job {role}";
            }

            if (runner.State != runnerEnd && inOrder.Count == 1)
            {
                yield return $"(7) runner {runner.Id} of job {role} is {runner.State} ({runner.Reason?.Message}), without a crash it is {runnerEnd}";
            }

            if (Forbidden(runner) is { } move)
            {
                yield return $"(6) runner {runner.Id} of job {role} moved {move}";
            }
        }
    }

    /// <summary>The launcher's own books: a folder for each attempt, with a mark once its supervisor ran.</summary>
    private static int Started(CrashStory story, Runner runner)
    {
        var fleet = Path.Combine(story.World.Folder, "data", "runners", story.World.Name);
        return Directory.Exists(fleet) ? Directory.EnumerateDirectories(fleet, runner.Id + "-*").Count(d => File.Exists(Path.Combine(d, "started.json"))) : 0;
    }

    /// <summary>A move that the table does not list, such as one out of a final state.</summary>
    private static string? Forbidden(Runner runner)
    {
        RunnerState? at = null;
        foreach (var line in runner.History)
        {
            if (line.From != at && line.From is not null || line.From is { } from && from != line.To && !RunnerTransitions.CanMove(from, line.To))
            {
                return $"{line.From} -> {line.To} although it was {at}";
            }

            at = line.To;
        }

        return null;
    }

    private static int MostAtOnce(IReadOnlyList<Runner> runners)
    {
        var changes = runners
            .SelectMany(r => r.History.Where(h => h.From != h.To && (h.To is RunnerState.Starting || (h.From is not (null or RunnerState.Pending) && RunnerTransitions.IsTerminal(h.To))))
                .Select(h => (h.At, Change: h.To is RunnerState.Starting ? 1 : -1)))
            .OrderBy(c => c.At).ThenBy(c => c.Change);
        var (now, most) = (0, 0);
        foreach (var (_, change) in changes)
        {
            most = Math.Max(most, now += change);
        }

        return most;
    }

    private static string RoleOf(Runner runner) => runner.Labels.FirstOrDefault(l => l.StartsWith("class:", StringComparison.Ordinal))?["class:".Length..] ?? "";

    private static string History(IEnumerable<string> lines) => lines.Aggregate(new StringBuilder(), (all, line) => all.Append(CultureInfo.InvariantCulture, $"\n    {line}")).ToString();
}
