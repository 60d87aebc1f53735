using RunnerFleet.Testing.Aws;

namespace RunnerFleet.Hosts.Tests.Aws;

/// <summary>The sample host as a process, killed at the worst moment, with a strict AWS beside it.</summary>
public sealed class KilledOnAwsTests
{
    private const string Subnet = "subnet-0123456789abcdef0";

    [Fact]
    public async Task A_host_killed_when_the_reply_to_its_launch_was_lost_leaves_one_task_and_the_next_host_adopts_it()
    {
        await using var world = await HostWorld.WithGitHubAsync();
        var account = new AwsStandIn(TimeProvider.System);
        account.Ecs.CreateCluster(AwsHost.Cluster);
        await using var server = await AwsStandInServer.StartAsync(account);
        using var aws = new AwsHost(world, server.Url, AwsStandIn.Credentials.GetCredentials(), account.Region);
        aws.Configure(Subnet);
        account.LoseNextReplies(1000, "RunTask");
        await world.StartHostAsync();

        var job = world.GitHub.QueueJob(HostWorld.Repository, HostWorld.Labels);
        await world.EventuallyAsync(() => Task.FromResult(account.Calls.Any(call => call is { Operation: "RunTask", IsAnswerLost: true })), () => "a launch whose reply is lost");
        await world.Host.KillAsync();
        account.ForgetFaults();
        Assert.Single(account.Ecs.Tasks);

        await world.StartHostAsync();
        await world.UntilRunnerIsAsync(job.Id, "WAITING_FOR_JOB");

        var task = Assert.Single(account.Ecs.Tasks);
        Assert.Equal(task.Arn, (string?)(await world.RunnersAsync(job.Id)).Single()["compute"]!["id"]);
    }
}
