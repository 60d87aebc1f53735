using System.Text.Json.Nodes;
using RunnerFleet.LambdaHost.Tests.Runtime;
using RunnerFleet.Runners;
using RunnerFleet.Testing.Aws;

namespace RunnerFleet.LambdaHost.Tests.Aws;

/// <summary>Several functions of one fleet as processes of their own, each with its role, on a strict AWS in this process.</summary>
public sealed class BurstTests
{
    private const string Subnet = "subnet-0123456789abcdef0";

    [Fact]
    public async Task A_burst_of_300_webhooks_ends_with_300_runners_and_none_double()
    {
        const int Jobs = 300;
        var account = new AwsStandIn(TimeProvider.System);
        account.Ecs.CreateCluster(FleetOnAws.Cluster);
        var queue = account.Sqs.CreateQueue("hints");
        await using var server = await AwsStandInServer.StartAsync(account);
        await using var fleet = await FleetOnAws.CreateAsync(server.Url, AwsStandIn.Credentials.GetCredentials(), account.Region, "burst", Subnet, queue.Url.AbsoluteUri, ("RunnerFleet:Limits:Fleet", "400"));
        await using var ingress = await FakeRuntime.StartAsync();
        await using var worker = await FakeRuntime.StartAsync();
        await using var first = Start(fleet, ingress, "ingress");
        await using var second = Start(fleet, ingress, "ingress");
        await using var third = Start(fleet, worker, "worker");
        await using var fourth = Start(fleet, worker, "worker");

        // GitHub repeats what was not answered in time, so some come twice.
        var webhooks = Enumerable.Range(1, Jobs).Concat(Enumerable.Range(1, Jobs / 10)).Select(job => ingress.InvokeAsync(FleetOnAws.Queued(job))).ToList();
        await DeliverAsync(queue, worker, Task.WhenAll(webhooks));
        foreach (var webhook in webhooks)
        {
            Assert.Equal(202, (int)(await webhook).IsResult().Json["statusCode"]!);
        }

        (await worker.InvokeAsync(new JsonObject { ["runnerfleet"] = "drain" })).IsResult(); // as the schedule does each minute

        var runners = await fleet.RunnersAsync();
        Assert.Equal(Jobs, runners.Count);
        Assert.All(runners, runner => Assert.Equal(RunnerState.WaitingForJob, runner.State));
        Assert.Equal(Enumerable.Range(1, Jobs).Select(job => (long)job), runners.Select(runner => runner.Job!.Value.Id).Order());
        Assert.Equal(Jobs, account.Ecs.Tasks.Count);
        Assert.Equal(Jobs, account.Ecs.Tasks.DistinctBy(task => task.StartedBy).Count());
    }

    [Fact]
    public async Task Moves_are_on_the_bus_when_an_invocation_has_answered()
    {
        var account = new AwsStandIn(TimeProvider.System);
        account.Ecs.CreateCluster(FleetOnAws.Cluster);
        account.EventBridge.CreateBus("fleet");
        var queue = account.Sqs.CreateQueue("hints");
        await using var server = await AwsStandInServer.StartAsync(account);
        await using var fleet = await FleetOnAws.CreateAsync(server.Url, AwsStandIn.Credentials.GetCredentials(), account.Region, "moves", Subnet, queue.Url.AbsoluteUri, ("RunnerFleet:Aws:Events:EventBusName", "fleet"));
        await using var runtime = await FakeRuntime.StartAsync();
        await using var function = Start(fleet, runtime, "all");

        (await runtime.InvokeAsync(FleetOnAws.Queued(1))).IsResult();

        Assert.Contains("PENDING", Assert.Single(account.EventBridge.EventsOf("fleet")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_queue_is_gone_the_webhook_is_answered_202_and_its_runner_is_launched_by_the_same_function()
    {
        var account = new AwsStandIn(TimeProvider.System);
        account.Ecs.CreateCluster(FleetOnAws.Cluster);
        await using var server = await AwsStandInServer.StartAsync(account);
        await using var fleet = await FleetOnAws.CreateAsync(server.Url, AwsStandIn.Credentials.GetCredentials(), account.Region, "gone", Subnet, $"https://sqs.{account.Region}.amazonaws.com/{account.Account}/gone");
        await using var runtime = await FakeRuntime.StartAsync();
        await using var function = Start(fleet, runtime, "ingress");

        Assert.Equal(202, (int)(await runtime.InvokeAsync(FleetOnAws.Queued(1))).IsResult().Json["statusCode"]!);

        // Where a slow machine spends its 7 seconds in the middle of the launch, the next drains end it; the schedule asks for one each minute.
        await using var schedule = await FakeRuntime.StartAsync();
        await using var worker = Start(fleet, schedule, "worker");
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3), TimeProvider.System);
        Runner runner;
        while ((runner = Assert.Single(await fleet.RunnersAsync())).State == RunnerState.Starting)
        {
            Assert.Contains("\"event\":7021", function.Output, StringComparison.Ordinal); // NotDrainedInline
            (await schedule.InvokeAsync(new JsonObject { ["runnerfleet"] = "drain" })).IsResult();
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, patience.Token);
        }

        Assert.Equal(RunnerState.WaitingForJob, runner.State);
        Assert.Single(account.Ecs.Tasks);
    }

    private static FunctionProcess Start(FleetOnAws fleet, FakeRuntime runtime, string role) => FunctionProcess.Start(fleet.Settings, ("AWS_LAMBDA_RUNTIME_API", runtime.Address), ("RunnerFleet:Role", role));

    /// <summary>Does what an event source mapping does: hands each visible message to the worker, once.</summary>
    private static async Task DeliverAsync(SqsStandInQueue queue, FakeRuntime worker, Task sending)
    {
        var seen = new HashSet<string>();
        var handled = new List<Task<Told>>();
        while (true)
        {
            var isLast = sending.IsCompleted;
            foreach (var message in queue.Messages.Where(message => message.VisibleAt <= TimeProvider.System.GetUtcNow() && seen.Add(message.Id)))
            {
                handled.Add(worker.InvokeAsync(FleetOnAws.Batch((message.Id, message.Body))));
            }

            if (isLast && queue.Messages.All(message => seen.Contains(message.Id)))
            {
                break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        await sending;
        Assert.All(await Task.WhenAll(handled), told => Assert.Equal("""{"batchItemFailures":[]}""", told.IsResult().Body));
    }
}
