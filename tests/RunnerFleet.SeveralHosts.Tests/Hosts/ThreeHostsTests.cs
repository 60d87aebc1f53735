using System.Diagnostics;
using RunnerFleet.Hosts.Tests;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.SeveralHosts.Tests.Checks;
using RunnerFleet.Storage;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.SeveralHosts.Tests.Hosts;

/// <summary>Promises 1 to 4, 6 and 7, with real hosts, real runner processes and one SQLite file.</summary>
public sealed class ThreeHostsTests(ITestOutputHelper output)
{
    private const int Jobs = 14;
    private static readonly RunnerState[] s_live = [RunnerState.Starting, RunnerState.WaitingForJob, RunnerState.Running];

    [Fact]
    public async Task Three_hosts_over_one_file_share_all_work_while_one_is_killed_and_comes_back()
    {
        Leftovers.NeedsProcessScan();
        await using var world = await ThreeHosts.StartAsync();
        var watch = Stopwatch.StartNew();
        var findings = new Findings();
        using var over = new CancellationTokenSource();
        var looks = LookAtLimitsAsync(world, findings, over.Token);

        for (var i = 0; i < Jobs; i++)
        {
            world.GitHub.QueueJob(ThreeHosts.Repositories[i % 2], ["self-hosted", i % 3 == 0 ? "class:large" : "class:small"], new StandInJobOptions { Duration = TimeSpan.FromMilliseconds(300) });
        }

        await world.EventuallyAsync(() => Task.FromResult(Completed(world) >= 3), "three jobs");
        await world.KillAsync(1);
        await world.EventuallyAsync(() => Task.FromResult(Completed(world) >= 6), "six jobs, with one host down");
        await world.StartAsync(1);

        await world.EventuallyAsync(async () => (await world.Store.ListJobsAsync(new JobQuery { Take = 1000 }, CancellationToken.None)).Items is { Count: Jobs } jobs && jobs.All(j => j.State == JobState.Completed), "the end of every job");
        await world.EventuallyAsync(async () => (await world.RunnersAsync()).All(r => r.IsTerminal), "the end of every runner");
        await world.EventuallyAsync(() => Task.FromResult(world.GitHub.Runners.Count == 0), "no registration");
        await world.EventuallyAsync(() => Task.FromResult(Leftovers.Of(world.Name).Count == 0), "no process");
        await over.CancelAsync();
        output.WriteLine($"{ThreeHosts.Count} hosts, {Jobs} jobs, {world.Deliveries} deliveries ({world.Duplicates} duplicates), 1 kill, {await looks} looks at the limits, {findings.All.Count} violations, {watch.Elapsed.TotalSeconds:0.0} s");

        findings.AssertNone();
        await OneRunnerEachAsync(world);
    }

    private static int Completed(ThreeHosts world) => world.GitHub.Jobs.Count(j => j.Status == "completed");

    /// <summary>Reads all live runners in one statement of the store, again and again: so many places do they hold, and so many registrations are there.</summary>
    private static async Task<int> LookAtLimitsAsync(ThreeHosts world, Findings findings, CancellationToken over)
    {
        var looks = 0;
        for (; !over.IsCancellationRequested; looks++)
        {
            var live = (await world.Store.ListRunnersAsync(new RunnerQuery { States = s_live, Take = 1000 }, CancellationToken.None)).Items;
            foreach (var key in live.SelectMany(r => r.Places).GroupBy(key => key).Where(key => key.Count() > ThreeHosts.Limits.Of(key.Key)))
            {
                findings.Add(Rule.LimitsHold, $"{key.Count()} runners live under {key.Key}:\n{string.Join('\n', live.Where(r => r.Places.Contains(key.Key)).Select(Show.Runner))}");
            }

            // A registration goes before its compute does, and compute before its place.
            var registered = world.GitHub.Runners;
            if (registered.Count > ThreeHosts.Limits.Fleet)
            {
                findings.Add(Rule.LimitsHold, $"{registered.Count} runners are registered: {string.Join(", ", registered.Select(r => r.Name))}.\n{string.Join('\n', live.Select(Show.Runner))}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }

        return looks;
    }

    /// <summary>
    /// No runner died of a fault, so each was launched once. A job had a second one recorded only where its first was given another job, or was seen to end before the news
    /// of the job's own end. Each registration was used or, where its claim died with its host, removed.
    /// </summary>
    private static async Task OneRunnerEachAsync(ThreeHosts world)
    {
        var runners = await world.RunnersAsync();
        var jobs = (await world.Store.ListJobsAsync(new JobQuery { Take = 1000 }, CancellationToken.None)).Items;
        var histories = string.Join('\n', jobs.Select(Show.Job).Concat(runners.Select(Show.Runner)));
        Assert.All(world.GitHub.Jobs, job => Assert.True(job.Conclusion == "success", $"Job {job.Id} ended as {job.Conclusion}.\n{histories}"));
        Assert.All(runners, r => Assert.True(r is { State: RunnerState.Offline, Attempt: 0 or 1, Places.Count: 0 } && r.History.Count(m => m.To == RunnerState.Starting && m.From != m.To) == r.Attempt, Show.Runner(r)));
        Assert.All(jobs, j => Assert.True(j.Launches - 1 <= j.History.Count(m => m.To == JobState.Queued && m.Cause.Code is ReasonCodes.JobStarted or ReasonCodes.ComputeStopped), $"{Show.Job(j)}\n{histories}"));
        Assert.Equal(jobs.Sum(j => j.Launches), runners.Count);
        Assert.Equal(Jobs, world.GitHub.Jobs.Select(j => j.RunnerName).Distinct().Count());

        var minted = world.GitHub.Calls.Count(c => c.EndsWith("generate-jitconfig 201", StringComparison.Ordinal));
        var removed = world.GitHub.Calls.Count(c => c.StartsWith("DELETE", StringComparison.Ordinal) && c.EndsWith(" 204", StringComparison.Ordinal));
        Assert.True(minted == Jobs + removed, $"{minted} registrations were minted and {removed} removed, for {Jobs} jobs:\n{histories}");
        Assert.InRange(removed, 0, ThreeHosts.Limits.Fleet); // claims that were under way when their host was killed

        var places = await world.Store.GetPlacesAsync(["fleet", "class/small", "class/large", .. runners.Select(r => $"repository/github.com/{r.Repository.Id}").Distinct()], CancellationToken.None);
        Assert.All(places, place => Assert.True(place.Value == 0, $"{place.Value} places are still taken under {place.Key}.\n{histories}"));
    }
}
