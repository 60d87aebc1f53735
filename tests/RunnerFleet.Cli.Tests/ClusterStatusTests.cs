using RunnerFleet.Aws.Ecs;
using RunnerFleet.Runners;
using static RunnerFleet.Testing.Fakes.SampleRecords;

namespace RunnerFleet.Cli.Tests;

public sealed class ClusterStatusTests
{
    [Fact]
    public async Task Tasks_are_shown_by_state_beside_the_records_and_what_has_no_counterpart_is_named()
    {
        await using var world = await CliWorld.CreateAsync();
        var ours = await world.RunnerOfAsync(await world.QueueAsync());
        var orphan = await world.LaunchAsync("default", RunnerId(501));
        var anothers = await world.LaunchAsync("green", RunnerId(502));
        var somebodys = await StartAsync(world, "nightly-report");
        world.Clock.Advance(TimeSpan.FromSeconds(40)); // all run
        var ended = await world.LaunchAsync("default", RunnerId(503));
        world.Account.Ecs.FailToStart(ended, "CannotPullContainerError: not found");
        world.Clock.Advance(TimeSpan.FromSeconds(20));
        await world.AddAsync(Runner(504) with
        {
            State = RunnerState.Running,
            Compute = new() { Launcher = "ecs", Location = CliWorld.Cluster, Id = "arn:aws:ecs:eu-central-1:123456789012:task/ci/forgotten" },
            Deadline = At(7200),
        });

        var run = await world.RunAsync("cluster", "status", CliWorld.Cluster);

        string[] runners = [ours.Id, RunnerId(501), RunnerId(502), "-", RunnerId(503)];
        string[] tasks = [ours.Compute!.Id, orphan, anothers, somebodys, ended];
        string[] remarks = ["-", "no record: the sweep stops it", "another fleet's", "not a runner's", "TaskFailedToStart: CannotPullContainerError: not found"];
        var rows = Enumerable.Range(0, 5).Select(i => $"{runners[i],-26}  {IdOf(tasks[i])}  {(i < 4 ? "RUNNING  RUNNING  2026-03-01 12:10:28Z" : "STOPPED  STOPPED  -                   ")}  {remarks[i]}").ToList();
        var shown = run.Output.Split('\n');
        Assert.Equal(ExitCode.Ok, run.Code);
        Assert.Equal(
            ["Cluster ci: tasks", "STATE    FLEET DEFAULT  OTHERS", "RUNNING  2              2", "STOPPED  1              0", "", $"RUNNER                      TASK{new string(' ', IdOf(orphan).Length - 4)}  LAST     DESIRED  STARTED               REMARK"],
            shown.Take(6));
        Assert.Equal(rows.Order(StringComparer.Ordinal), shown.Skip(6).Take(5).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["", "Runners on record whose task ECS does not know", "RUNNER                      STATE    SINCE  TASK", $"{RunnerId(504)}  RUNNING  2m36s  arn:aws:ecs:eu-central-1:123456789012:task/ci/forgotten", ""],
            shown.Skip(11));
    }

    [Fact]
    public async Task A_document_says_whose_each_task_is()
    {
        await using var world = await CliWorld.CreateAsync();
        var ours = await world.RunnerOfAsync(await world.QueueAsync());
        await world.LaunchAsync("default", RunnerId(501));
        await world.LaunchAsync("green", RunnerId(502));
        await StartAsync(world, "default/nightly/1");
        world.Variables["RUNNERFLEET_CLUSTER"] = CliWorld.Cluster;

        var run = await world.RunAsync("cluster", "status", "--output", "json");

        Assert.Equal("ci", (string?)run.Json["cluster"]);
        Assert.Equal(
            [("anotherFleet", RunnerId(502), null), ("others", null, null), ("thisFleet", RunnerId(501), false), ("thisFleet", ours.Id, (bool?)true)],
            run.Json["tasks"]!.AsArray().Select(task => ((string)task!["owner"]!, (string?)task["runnerId"], (bool?)task["hasRecord"])).Order());
        var task = run.Json["tasks"]!.AsArray().Single(task => (string?)task!["runnerId"] == ours.Id)!;
        Assert.Equal((ours.Compute!.Id, IdOf(ours.Compute.Id), "PROVISIONING", "RUNNING", null), ((string?)task["taskArn"], (string?)task["taskId"], (string?)task["lastStatus"], (string?)task["desiredStatus"], (string?)task["startedAt"]));
        Assert.Empty(run.Json["runnersWithoutTask"]!.AsArray());
    }

    [Fact]
    public async Task More_tasks_than_a_page_are_all_shown()
    {
        await using var world = await CliWorld.CreateAsync();
        foreach (var number in Enumerable.Range(1, 130))
        {
            await world.LaunchAsync("green", RunnerId(number));
        }

        var run = await world.RunAsync("cluster", "status", "--cluster", CliWorld.Cluster, "--output", "json");

        Assert.Equal(Enumerable.Range(1, 130).Select(RunnerId), run.Json["tasks"]!.AsArray().Select(task => (string?)task!["runnerId"]).Order());
    }

    [Fact]
    public async Task An_empty_cluster_and_one_that_is_not_there_are_told_apart()
    {
        await using var world = await CliWorld.CreateAsync();

        (await world.RunAsync("cluster", "status", "ci")).MustSay(ExitCode.Ok, """
            Cluster ci: tasks
            None.
            """);
        (await world.RunAsync("cluster", "status", "nowhere")).MustSay(ExitCode.Aws, "", "There is no ECS cluster 'nowhere' in eu-central-1. Are --cluster and the region right?");
        (await world.RunAsync("cluster", "status")).MustSay(ExitCode.Usage, "", "Which cluster? Set RUNNERFLEET_CLUSTER (or ECS_CLUSTER), or give --cluster.");
    }

    private static string IdOf(string arn) => arn[(arn.LastIndexOf('/') + 1)..];

    /// <summary>A task that has nothing to do with fleets.</summary>
    private static async Task<string> StartAsync(CliWorld world, string startedBy)
    {
        var definition = world.Account.Ecs.TaskDefinitions[0];
        var result = await world.Ecs.RunTaskAsync(new EcsRunTaskRequest
        {
            Cluster = CliWorld.Cluster,
            TaskDefinition = definition,
            ClientToken = $"somebody-{startedBy}",
            StartedBy = startedBy,
            Subnets = ["subnet-1"],
            Container = "runner",
            Environment = new Dictionary<string, string>(),
            Cpu = 512,
            MemoryMiB = 1024,
        }, world.Cancel);
        return Assert.Single(result.Tasks).TaskArn;
    }
}
