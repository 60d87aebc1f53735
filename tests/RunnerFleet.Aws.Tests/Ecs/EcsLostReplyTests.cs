using RunnerFleet.Aws.Ecs;
using RunnerFleet.Compute;
using RunnerFleet.Testing.Aws;

namespace RunnerFleet.Aws.Tests.Ecs;

/// <summary>The AWS SDK sends again by itself, replies get lost after their effect, hosts repeat each other: one attempt is one task.</summary>
public sealed class EcsLostReplyTests : IDisposable
{
    private readonly EcsWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_request_that_the_SDK_sends_thirteen_times_starts_one_task()
    {
        await using var server = await AwsStandInServer.StartAsync(_world.Aws, cancellationToken: _world.Cancel);
        var config = EcsClient.CreateConfig();
        (config.ServiceURL, config.AuthenticationRegion, config.MaxErrorRetry) = (server.Url.AbsoluteUri, _world.Aws.Region, 2);
        using var client = new EcsClient(AwsStandIn.Credentials, config);
        var launcher = _world.NewLauncher(ecs: client);
        _world.Aws.LoseNextReplies(12, "RunTask"); // two retries, and ten more because connections break

        var launched = Assert.IsType<LaunchOutcome.Launched>(await launcher.LaunchAsync(_world.Request(), _world.Cancel));

        Assert.Equal(13, _world.Operations.Count(operation => operation == "RunTask"));
        Assert.Equal(launched.Compute.Id, Assert.Single(_world.Ecs.Tasks).Arn);
    }

    [Fact]
    public async Task A_launch_whose_replies_are_all_lost_is_unknown_and_found_by_its_token()
    {
        var request = _world.Request();
        _world.Aws.LoseNextReplies(1, "RunTask");

        var outcome = await _world.Launcher.LaunchAsync(request, _world.Cancel);
        var found = await _world.NewLauncher().FindAsync(request.Identity, _world.Cancel);

        Assert.Contains("The connection to ECS failed", Assert.IsType<LaunchOutcome.Unknown>(outcome).Reason, StringComparison.Ordinal);
        Assert.Equal(Assert.Single(_world.Ecs.Tasks).Arn, Assert.IsType<FindOutcome.Found>(found).Description.Compute.Id);
    }

    [Fact]
    public async Task A_launch_that_is_sent_again_adopts_the_task_of_the_first()
    {
        var request = _world.Request();
        _world.Aws.LoseNextReplies(1, "RunTask");
        await _world.Launcher.LaunchAsync(request, _world.Cancel);
        _world.Pass(15);

        var again = Assert.IsType<LaunchOutcome.Existing>(await _world.NewLauncher().LaunchAsync(request, _world.Cancel));

        Assert.Equal(again.Compute.Id, Assert.Single(_world.Ecs.Tasks).Arn);
    }

    [Fact]
    public async Task Throttling_after_a_lost_reply_does_not_mean_that_nothing_was_started()
    {
        var launcher = _world.NewLauncher(ecs: _world.NewClient(maxErrorRetry: 1));
        await _world.LaunchAsync();
        _world.Aws.LoseNextReplies(1, "RunTask");
        _world.Aws.FailNext(20, "RunTask", "ThrottlingException", "Rate exceeded");

        var outcome = await launcher.LaunchAsync(_world.Request(), _world.Cancel);

        Assert.Contains("may have taken effect", Assert.IsType<LaunchOutcome.Unknown>(outcome).Reason, StringComparison.Ordinal);
        Assert.Equal(2, _world.Ecs.Tasks.Count);
    }

    [Fact]
    public async Task Whether_a_call_started_its_task_is_told_from_the_tasks_age()
    {
        var request = _world.Request();
        await _world.LaunchAsync(request);
        _world.Pass(1);
        Assert.IsType<LaunchOutcome.Launched>(await _world.Launcher.LaunchAsync(request, _world.Cancel)); // within what clocks may differ by
        _world.Pass(2);

        Assert.IsType<LaunchOutcome.Existing>(await _world.Launcher.LaunchAsync(request, _world.Cancel));
        Assert.Single(_world.Ecs.Tasks);
    }

    [Theory]
    [InlineData("PROVISIONING", false)]
    [InlineData("PENDING", false)]
    [InlineData("ACTIVATING", true)]
    [InlineData("RUNNING", true)]
    [InlineData("STOPPED", true)]
    public async Task Or_from_how_far_it_is(string lastStatus, bool isExisting)
    {
        var ecs = new StubEcs { Result = new() { Tasks = [StubEcs.Task(lastStatus)] } };

        var outcome = await _world.NewLauncher(ecs: ecs).LaunchAsync(_world.Request(), _world.Cancel);

        Assert.Equal(isExisting ? typeof(LaunchOutcome.Existing) : typeof(LaunchOutcome.Launched), outcome.GetType());
    }

    [Fact]
    public async Task A_launch_whose_settings_have_changed_since_adopts_what_was_started()
    {
        var request = _world.Request();
        var compute = await _world.LaunchAsync(request);
        _world.Aws.ForgetCalls();

        var outcome = await _world.NewLauncher(o => o.Subnets.Add("subnet-3")).LaunchAsync(request, _world.Cancel);

        Assert.Equal(compute, Assert.IsType<LaunchOutcome.Existing>(outcome).Compute);
        Assert.Equal(["DescribeTaskDefinition", "RunTask"], _world.Operations);
        Assert.Single(_world.Ecs.Tasks);
    }

    [Fact]
    public async Task A_conflict_that_names_no_task_is_looked_for()
    {
        var request = _world.Request();
        var compute = await _world.LaunchAsync(request);
        _world.Aws.FailNext(1, "RunTask", "ConflictException", "In use.");
        Assert.Equal(compute, Assert.IsType<LaunchOutcome.Existing>(await _world.Launcher.LaunchAsync(request, _world.Cancel)).Compute);

        _world.Aws.FailNext(1, "RunTask", "ConflictException", "In use.");
        var unseen = await _world.Launcher.LaunchAsync(_world.Request(), _world.Cancel);

        Assert.Contains("does not list it yet", Assert.IsType<LaunchOutcome.Unknown>(unseen).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_several_tasks_for_a_token_the_living_one_counts()
    {
        var request = _world.Request();
        var (dead, alive) = (StubEcs.Task("STOPPED", "1", request.Identity.Token), StubEcs.Task("RUNNING", "2", request.Identity.Token));
        var ecs = new StubEcs { Result = new() { ConflictingTasks = [dead.TaskArn, alive.TaskArn] }, Known = [dead, alive] };
        var launcher = _world.NewLauncher(ecs: ecs);

        Assert.Equal(alive.TaskArn, Assert.IsType<LaunchOutcome.Existing>(await launcher.LaunchAsync(request, _world.Cancel)).Compute.Id);
        Assert.Equal(alive.TaskArn, Assert.IsType<FindOutcome.Found>(await launcher.FindAsync(request.Identity, _world.Cancel)).Description.Compute.Id);
    }

    [Fact]
    public async Task An_answer_with_neither_task_nor_failure_says_nothing()
    {
        var outcome = await _world.NewLauncher(ecs: new StubEcs()).LaunchAsync(_world.Request(), _world.Cancel);

        Assert.IsType<LaunchOutcome.Unknown>(outcome);
    }
}
