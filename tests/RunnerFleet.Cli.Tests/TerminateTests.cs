using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.Cli.Tests;

public sealed class TerminateTests
{
    [Fact]
    public async Task The_request_is_recorded_and_the_fleet_carries_it_out()
    {
        await using var world = await CliWorld.CreateAsync();
        var runner = await world.RunnerOfAsync(await world.QueueAsync());

        (await world.RunAsync("runners", "terminate", runner.Id)).MustSay(ExitCode.Ok, "", $"The end of the runner {runner.Id} is recorded. The fleet ends it with its next drain or sweep.");

        var marked = await world.RunnerAsync(runner.Id);
        Assert.Equal((RunnerState.WaitingForJob, ReasonCodes.Terminated, false), (marked.State, marked.Closing!.Cause.Code, marked.Closing.Force));
        Assert.Equal("RUNNING", Assert.Single(world.Account.Ecs.Tasks).DesiredStatus);
        await PassAsync(world);
        Assert.Equal(RunnerState.Offline, (await world.RunnerAsync(runner.Id)).State);
        Assert.All(world.Account.Ecs.Tasks.Where(task => task.Arn == runner.Compute!.Id), task => Assert.Equal("STOPPED", task.LastStatus));
    }

    [Fact]
    public async Task A_runner_that_runs_a_job_is_left_alone()
    {
        await using var world = await CliWorld.CreateAsync();
        var (runner, job) = await BusyAsync(world);

        (await world.RunAsync("runners", "terminate", runner.Id)).MustSay(ExitCode.RunsJob, "", $"The runner {runner.Id} runs the job {job} and was left alone. --force ends it and kills its job.");
        var run = await world.RunAsync("runners", "terminate", runner.Id, "--output", "json");

        Assert.Equal((ExitCode.RunsJob, "runsJob", "RUNNING"), (run.Code, (string?)run.Json["result"], (string?)run.Json["runner"]!["state"]));
        Assert.Null((await world.RunnerAsync(runner.Id)).Closing);
    }

    [Fact]
    public async Task By_force_its_job_is_killed_after_somebody_said_yes()
    {
        await using var world = await CliWorld.CreateAsync();
        var (runner, job) = await BusyAsync(world);
        var question = $"The runner {runner.Id} of acme/app runs the job {job} since 2026-03-01 12:10:00Z. The job will be killed. Go on? [y/N] ";

        world.Person = new StringReader("\n");
        (await world.RunAsync("runners", "terminate", runner.Id, "--force")).MustSay(ExitCode.NotFound, "", question + "Nothing was done.");
        Assert.Null((await world.RunnerAsync(runner.Id)).Closing);

        world.Person = new StringReader("Y\n");
        (await world.RunAsync("runners", "terminate", runner.Id, "--force")).MustSay(ExitCode.Ok, "", question + $"The end of the runner {runner.Id} is recorded, by force. The fleet ends it with its next drain or sweep.");
        await PassAsync(world);
        Assert.Equal(RunnerState.Offline, (await world.RunnerAsync(runner.Id)).State);
    }

    [Fact]
    public async Task Where_there_is_nobody_to_ask_force_needs_a_yes()
    {
        await using var world = await CliWorld.CreateAsync();
        var (runner, _) = await BusyAsync(world);

        (await world.RunAsync("runners", "terminate", runner.Id, "--force")).MustSay(ExitCode.Usage, "", "--force may kill a job. There is nobody to ask here: add --yes if it is meant.");
        Assert.Null((await world.RunnerAsync(runner.Id)).Closing);

        Assert.Equal(ExitCode.Ok, (await world.RunAsync("runners", "terminate", runner.Id, "-f", "-y")).Code);
        Assert.True((await world.RunnerAsync(runner.Id)).Closing!.Force);
    }

    [Fact]
    public async Task With_the_cluster_its_task_is_told_to_stop_at_once()
    {
        await using var world = await CliWorld.CreateAsync();
        var (runner, _) = await BusyAsync(world);

        var run = await world.RunAsync("runners", "terminate", runner.Id, "--force", "--yes", "--cluster", "arn:aws:ecs:eu-central-1:123456789012:cluster/ci", "--output", "json");

        Assert.Equal((ExitCode.Ok, "ending", true, "stopping"), (run.Code, (string?)run.Json["result"], (bool)run.Json["forced"]!, (string?)run.Json["task"]));
        Assert.Equal($"The end of the runner {runner.Id} is recorded, by force. Its task is told to stop. The fleet ends it with its next drain or sweep.\n", run.Error);
        Assert.Equal("STOPPED", Assert.Single(world.Account.Ecs.Tasks).DesiredStatus);
        await PassAsync(world);
        Assert.Equal((RunnerState.Offline, ReasonCodes.Terminated), ((await world.RunnerAsync(runner.Id)).State, (await world.RunnerAsync(runner.Id)).Reason!.Code));
    }

    [Fact]
    public async Task A_task_that_cannot_be_stopped_at_once_is_said_and_left_to_the_fleet()
    {
        await using var world = await CliWorld.CreateAsync();
        var (runner, _) = await BusyAsync(world);
        world.Account.FailNext(1, "StopTask", "AccessDeniedException", "User: arn:aws:iam::123456789012:user/me is not authorized to perform: ecs:StopTask on resource: x");

        var run = await world.RunAsync("runners", "terminate", runner.Id, "--force", "--yes", "--cluster", "ci", "--output", "json");

        Assert.Equal((ExitCode.PartlyDone, "failed"), (run.Code, (string?)run.Json["task"]));
        Assert.Equal($"The end of the runner {runner.Id} is recorded, by force. Its task could not be stopped at once: AWS denies it: User: arn:aws:iam::123456789012:user/me is not authorized to perform: ecs:StopTask on resource: x. docs/cli.md lists the permissions that the tool needs. The fleet ends it with its next drain or sweep.\n", run.Error);
        Assert.True((await world.RunnerAsync(runner.Id)).Closing!.Force);
    }

    [Fact]
    public async Task A_task_of_another_cluster_is_no_mistake_to_find_out_later()
    {
        await using var world = await CliWorld.CreateAsync();
        var (runner, _) = await BusyAsync(world);
        world.Variables["ECS_CLUSTER"] = "elsewhere";

        (await world.RunAsync("runners", "terminate", runner.Id, "--force", "--yes")).MustSay(ExitCode.Usage, "", $"The task of the runner {runner.Id} is in the cluster ci, not in elsewhere. Correct --cluster (RUNNERFLEET_CLUSTER, ECS_CLUSTER).");
        Assert.Null((await world.RunnerAsync(runner.Id)).Closing);
    }

    [Fact]
    public async Task A_runner_without_a_task_has_nothing_to_stop()
    {
        await using var world = await CliWorld.CreateAsync();
        await world.QueueAsync();
        var waiting = await world.RunnerOfAsync(await world.QueueAsync()); // the class has one place

        (await world.RunAsync("runners", "terminate", waiting.Id, "--force", "--yes", "--cluster", "ci")).MustSay(ExitCode.Ok, "", $"The end of the runner {waiting.Id} is recorded, by force. It has no task yet. The fleet ends it with its next drain or sweep.");
    }

    [Fact]
    public async Task What_had_ended_or_never_was_is_said_and_nothing_is_done()
    {
        await using var world = await CliWorld.CreateAsync();
        var runner = await world.RunnerOfAsync(await world.QueueAsync());
        await world.Fleet.TerminateAsync(runner.Id, force: true, world.Cancel);
        await PassAsync(world);

        (await world.RunAsync("runners", "terminate", runner.Id, "--force", "--yes")).MustSay(ExitCode.NotFound, "", $"The runner {runner.Id} had ended before (OFFLINE). Nothing was done.");
        var unknown = await world.RunAsync("runners", "terminate", Testing.Fakes.SampleRecords.RunnerId(9), "--force", "--yes", "--output", "json");
        Assert.Equal((ExitCode.NotFound, ""), (unknown.Code, unknown.Output));
        Assert.StartsWith("The fleet default has no record of the runner", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_answer_is_no_second_end()
    {
        await using var world = await CliWorld.CreateAsync();
        var runner = await world.RunnerOfAsync(await world.QueueAsync());
        world.Account.LoseNextReplies(1, "TransactWriteItems");
        world.Account.LoseNextReplies(1, "PutItem");
        world.Account.LoseNextReplies(1, "UpdateItem");

        var lost = await world.RunAsync("runners", "terminate", runner.Id);
        var again = await world.RunAsync("runners", "terminate", runner.Id);

        Assert.True(lost.Code is ExitCode.Ok or ExitCode.Aws, lost.Error);
        Assert.Equal(ExitCode.Ok, again.Code);
        Assert.Single((await world.RunnerAsync(runner.Id)).History, move => move.Cause.Code == ReasonCodes.Terminated);
    }

    private static async Task<(Runner Runner, JobKey Job)> BusyAsync(CliWorld world)
    {
        var job = await world.QueueAsync();
        await world.TakeJobAsync(await world.RunnerOfAsync(job));
        var runner = await world.RunnerOfAsync(job);
        Assert.Equal(RunnerState.Running, runner.State);
        return (runner, job);
    }

    private static async Task PassAsync(CliWorld world)
    {
        for (var i = 0; i < 16; i++)
        {
            await world.DrainAsync();
            world.Clock.Advance(TimeSpan.FromSeconds(15));
        }
    }
}
