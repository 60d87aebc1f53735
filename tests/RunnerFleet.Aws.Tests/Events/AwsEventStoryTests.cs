using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.Aws.Events;
using RunnerFleet.Runners;

namespace RunnerFleet.Aws.Tests.Events;

/// <summary>The real engine and launcher, told by events of the stand-in's own ECS.</summary>
public sealed class AwsEventStoryTests
{
    [Fact]
    public async Task A_task_that_ends_ends_its_runner_as_soon_as_its_event_comes()
    {
        await using var world = new AwsFleetWorld(build: fleet => fleet.AddAwsEvents());
        var (_, runner) = await world.StartAsync();
        await world.ConnectAsync(await world.RunnerAsync(runner.Id));
        world.Ecs.EndTask(world.TaskOf(runner)!.Arn, exitCode: 3, containerReason: "OutOfMemoryError");

        await world.TellAsync();

        var ended = await world.RunnerAsync(runner.Id);
        Assert.Equal((RunnerState.Failed, 3), (ended.State, ended.ComputeEnd?.ExitCode));
        Assert.Contains("OutOfMemoryError", ended.ComputeEnd!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_launch_whose_reply_was_lost_is_adopted_by_its_event()
    {
        await using var world = new AwsFleetWorld(build: fleet => fleet.AddAwsEvents());
        world.Aws.LoseNextReplies(1, "RunTask");
        var (_, runner) = await world.StartAsync();
        Assert.Equal(RunnerState.Starting, runner.State);

        await world.TellAsync();

        var adopted = await world.RunnerAsync(runner.Id);
        Assert.Equal((RunnerState.WaitingForJob, world.TaskOf(runner)!.Arn), (adopted.State, adopted.Compute?.Id));
        Assert.Equal("ecs", adopted.Compute!.Launcher);
    }

    [Fact]
    public async Task Events_that_come_late_twice_and_in_disorder_change_nothing_more()
    {
        await using var world = new AwsFleetWorld(build: fleet => fleet.AddAwsEvents());
        var (_, runner) = await world.StartAsync();
        var events = new List<string>(world.Ecs.TakeEvents());
        world.Ecs.EndTask(world.TaskOf(runner)!.Arn, exitCode: 1);
        await world.PassAsync(TimeSpan.FromMinutes(15));
        events.AddRange(world.Ecs.TakeEvents());
        events.RemoveAll(payload => !payload.Contains(runner.Id, StringComparison.Ordinal)); // its job has got another
        events.Reverse();
        var before = await world.RunnerAsync(runner.Id);
        Assert.True(before.IsTerminal && events.Count > 1);

        var answer = await world.Service<AwsEvents>().HandleAsync(Payloads.Batch([.. events.Concat(events).Select((body, i) => (FormattableString.Invariant($"{i}"), body))]).Bytes(), world.Cancel);

        Assert.Empty(answer.FailedMessageIds);
        Assert.Equal(before.Version, (await world.RunnerAsync(runner.Id)).Version);
    }

    [Fact]
    public async Task An_event_of_another_fleet_in_the_cluster_is_passed_over()
    {
        await using var world = new AwsFleetWorld(build: fleet => fleet.AddAwsEvents());
        var (_, runner) = await world.StartAsync();
        var payload = world.Ecs.EventOf(world.TaskOf(runner)!.Arn).Replace("test/", "other/", StringComparison.Ordinal);

        var answer = await world.Service<AwsEvents>().HandleAsync(payload.Bytes(), world.Cancel);

        Assert.Equal(AwsEventStatus.NotOurs, Assert.Single(answer.Outcomes).Status);
    }
}

file static class Telling
{
    /// <summary>Lets the tasks get on, and hands what ECS says of it to the fleet.</summary>
    public static async Task TellAsync(this AwsFleetWorld world)
    {
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        var events = world.Ecs.TakeEvents();
        Assert.NotEmpty(events);
        foreach (var payload in events)
        {
            Assert.False((await world.Service<AwsEvents>().HandleAsync(payload.Bytes(), world.Cancel)).ShouldComeAgain);
        }
    }
}
