using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using static RunnerFleet.Testing.Fakes.SampleRecords;

namespace RunnerFleet.Cli.Tests;

public sealed class RunnerDetailsTests
{
    [Fact]
    public async Task Everything_of_a_runner_is_shown_with_the_time_that_each_state_took()
    {
        await using var world = await CliWorld.CreateAsync();
        var key = await world.QueueAsync();
        var pending = world.Clock.GetUtcNow();
        var runner = await world.RunnerOfAsync(key);
        world.Clock.Advance(TimeSpan.FromSeconds(42));
        await world.TakeJobAsync(runner);
        world.Clock.Advance(TimeSpan.FromMinutes(65));
        runner = await world.RunnerAsync(runner.Id);

        (await world.RunAsync("runners", "details", runner.Id)).MustSay(ExitCode.Ok, $"""
            runner          {runner.Id}
            state           RUNNING
            since           2026-03-01 12:10:42Z (1h05m ago)
            looked at next  {Soon(runner.Deadline!.Value - world.Clock.GetUtcNow(), runner.Deadline.Value)}
            job             {key}
                            IN_PROGRESS, {await WorkflowAsync(world, key)}
            repository      acme/app
            registers with  github.com/repos/acme/app
            name at GitHub  rf-default-{runner.Id}-1, online 2026-03-01 12:10:42Z (1h05m ago)
            labels          self-hosted class:small
            class           small (512 cpu, 1024 MiB, x64, on demand)
            attempt         1
            compute         {runner.Compute!.Id}
                            ecs in ci
            places          fleet class/small {runner.Places[2]}
            queued          {pending:u} (1h05m ago)
            recorded        {pending:u} (1h05m ago)

            How long each state took
            STATE            FROM                  FOR
            PENDING          2026-03-01 12:10:00Z  0s
            STARTING         2026-03-01 12:10:00Z  0s
            WAITING_FOR_JOB  2026-03-01 12:10:00Z  42s
            RUNNING          2026-03-01 12:10:42Z  1h05m until now

            History
            {await HistoryAsync(world, runner)}
            """);
    }

    [Fact]
    public async Task A_runner_that_failed_says_why_and_what_its_task_said()
    {
        await using var world = await CliWorld.CreateAsync();
        await world.AddAsync(Runner(1) with
        {
            State = RunnerState.Failed,
            Reason = new() { Code = ReasonCodes.ComputeStopped, Message = "Its compute ended with exit code 137 (OutOfMemoryError) before GitHub said that it began a job.", Link = new("https://logs.example/1") },
            Compute = new() { Launcher = "ecs", Location = "ci", Id = "arn:aws:ecs:eu-central-1:123456789012:task/ci/0af1" },
            ComputeGone = true,
            ComputeEnd = new() { ExitCode = 137, Reason = "OutOfMemoryError" },
            StateSince = At(90),
            History = [new() { At = At(1), To = RunnerState.Pending, Cause = Reason.Of(ReasonCodes.Queued, "Recorded for a job.") }, new() { At = At(90), From = RunnerState.Pending, To = RunnerState.Failed, Cause = Reason.Of(ReasonCodes.ComputeStopped, "Its compute ended.") }],
            ExpiresAt = At(900_000),
        });

        (await world.RunAsync("runners", "details", RunnerId(1).ToLowerInvariant())).MustSay(ExitCode.Ok, $"""
            runner          {RunnerId(1)}
            state           FAILED
            since           2026-03-01 12:01:30Z (8m30s ago)
            reason          COMPUTE_STOPPED
                            Its compute ended with exit code 137 (OutOfMemoryError) before GitHub said that it began a job. https://logs.example/1
            repository      octo-org/repo-1
            registers with  github.com/repos/octo-org/repo-1
            labels          self-hosted linux x64
            compute         arn:aws:ecs:eu-central-1:123456789012:task/ci/0af1
                            ecs in ci, gone, exit code 137, OutOfMemoryError
            queued          2026-03-01 12:00:01Z (9m59s ago)
            recorded        2026-03-01 12:00:01Z (9m59s ago)

            How long each state took
            STATE    FROM                  FOR
            PENDING  2026-03-01 12:00:01Z  1m29s
            FAILED   2026-03-01 12:01:30Z  -

            History
            AT                    STATE    CODE             WHAT HAPPENED
            2026-03-01 12:00:01Z  PENDING  QUEUED           Recorded for a job.
            2026-03-01 12:01:30Z  FAILED   COMPUTE_STOPPED  Its compute ended.
            """);
    }

    [Fact]
    public async Task A_document_has_the_runner_its_job_the_times_and_the_history()
    {
        await using var world = await CliWorld.CreateAsync();
        var key = await world.QueueAsync();
        var runner = await world.RunnerOfAsync(key);
        world.Clock.Advance(TimeSpan.FromSeconds(30));

        var run = await world.RunAsync("runners", "details", $"rf-default-{runner.Id}-1", "--output", "json");

        Assert.Equal(ExitCode.Ok, run.Code);
        Assert.Equal((runner.Id, "WAITING_FOR_JOB", key.Id), ((string?)run.Json["runner"]!["id"], (string?)run.Json["runner"]!["state"], (long)run.Json["job"]!["id"]!));
        Assert.Equal([("PENDING", (double?)0), ("STARTING", 0), ("WAITING_FOR_JOB", 30)], run.Json["stateTimes"]!.AsArray().Select(time => ((string)time!["state"]!, (double?)time["seconds"])));
        Assert.Equal(runner.History.Select(move => move.Cause.Code), run.Json["history"]!.AsArray().Select(move => (string?)move!["cause"]!["code"]));
    }

    [Fact]
    public async Task A_runner_without_a_record_is_an_answer_of_its_own()
    {
        await using var world = await CliWorld.CreateAsync();

        (await world.RunAsync("runners", "details", RunnerId(7))).MustSay(ExitCode.NotFound, "", $"The fleet default has no record of the runner {RunnerId(7)}: there never was one, or the record has expired. Is --fleet right?");
        (await world.RunAsync("runners", "details", "i-0af1")).MustSay(ExitCode.Usage, "", "'i-0af1' is no runner id: it has 26 digits and letters, as 'runners list' shows. See: runnerfleet runners details --help");
    }

    [Fact]
    public async Task What_strangers_wrote_steers_no_terminal()
    {
        await using var world = await CliWorld.CreateAsync();
        await world.AddAsync(Runner(1) with { Reason = Reason.Of(ReasonCodes.LaunchRejected, "\u001b]0;owned\u0007\u001b[31mred\u009b2J\r\nsecond\u202eline"), Deadline = At(7200) });

        var run = await world.RunAsync("runners", "details", RunnerId(1));

        Assert.Contains("]0;owned  [31mred 2J  second?line", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(run.Output, c => char.IsControl(c) && c != '\n');
    }

    private static string Soon(TimeSpan wait, DateTimeOffset at) => wait > TimeSpan.Zero ? $"{at:u} (in {Output.Times.Length(wait)})" : $"{at:u} ({Output.Times.Length(-wait)} ago)";

    private static async Task<string> WorkflowAsync(CliWorld world, JobKey key)
    {
        var job = (await world.Fleet.GetJobAsync(key, world.Cancel))!;
        return string.Join(", ", new[] { job.WorkflowName, job.Name, job.Url?.AbsoluteUri }.OfType<string>());
    }

    /// <summary>The engine's own words, laid out as the tool does.</summary>
    private static async Task<string> HistoryAsync(CliWorld world, Runner runner)
    {
        var all = (await world.RunAsync("runners", "details", runner.Id)).Output;
        var lines = all[(all.IndexOf("History\n", StringComparison.Ordinal) + 8)..].TrimEnd('\n').Split('\n');
        Assert.StartsWith("AT                    STATE            CODE", lines[0], StringComparison.Ordinal);
        Assert.Equal(runner.History.Count + 1, lines.Length);
        Assert.All(runner.History.Zip(lines.Skip(1)), pair => Assert.True(pair.Second.StartsWith($"{pair.First.At:u}", StringComparison.Ordinal) && pair.Second.EndsWith(pair.First.Cause.Message, StringComparison.Ordinal), pair.Second));
        return string.Join('\n', lines);
    }
}
