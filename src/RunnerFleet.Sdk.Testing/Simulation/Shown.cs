using System.Globalization;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Testing.Simulation;

/// <summary>An answer as a line of the log: what it holds, in its order, and nothing of how it is held. So two stores that answer alike give the same log.</summary>
internal static class Shown
{
    public static string Of(object? answer) => answer switch
    {
        null => "nothing",
        Runner runner => string.Create(CultureInfo.InvariantCulture, $"{runner.Id}.{runner.Version} {runner.State}"),
        Job job => string.Create(CultureInfo.InvariantCulture, $"{job.Key}.{job.Version} {job.State}"),
        StoreEntry entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Key}.{entry.Version}"),
        Page<Runner> page => $"{All(page.Items)}{(page.Continuation is null ? "" : " and more")}",
        Page<Job> page => $"{All(page.Items)}{(page.Continuation is null ? "" : " and more")}",
        IReadOnlyList<Runner> runners => All(runners),
        IReadOnlyList<Job> jobs => All(jobs),
        IReadOnlyList<StoreEntry> entries => All(entries),
        IReadOnlyDictionary<string, int> places => string.Join(", ", places.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key} {p.Value}"))),
        CommitOutcome.Conflict conflict => $"conflict over {string.Join(", ", conflict.Keys.Order(StringComparer.Ordinal))}",
        CommitOutcome.NoPlace none => $"no place under {string.Join(", ", none.Keys.Order(StringComparer.Ordinal))}",
        CommitOutcome => "committed",
        _ => Convert.ToString(answer, CultureInfo.InvariantCulture) ?? "",
    };

    private static string All<T>(IReadOnlyList<T> answers) => answers.Count == 0 ? "none" : string.Join(", ", answers.Select(a => Of(a)));
}
