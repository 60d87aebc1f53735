using System.Text.Json.Nodes;
using Amazon.Runtime;
using RunnerFleet.Testing.GitHub;
using RunnerFleet.Tests.Aws;

namespace RunnerFleet.Hosts.Tests.Aws;

/// <summary>
/// The sample host with its fleet on an AWS that others wrote: DynamoDB, ECS, Systems Manager and SQS. moto runs no container, so the tests do what one does; it sends no events, so the tests send them.
/// </summary>
public sealed class MotoHostTests(AwsEndpoint endpoint)
{
    private const string Region = "ap-southeast-2"; // moto keeps each region's state apart
    private static readonly string[] s_labels = ["self-hosted", "class:small"];

    [Fact]
    public async Task A_signed_webhook_ends_in_a_task_that_runs_the_job_and_is_gone_afterwards()
    {
        await using var world = await HostWorld.WithGitHubAsync();
        using var aws = await PrepareAsync(world);
        await UseSystemsManagerAsync(world, aws);
        await world.StartHostAsync();

        var job = world.GitHub.QueueJob(HostWorld.Repository, s_labels, new StandInJobOptions { Duration = TimeSpan.FromSeconds(1) });
        var task = await TaskOfAsync(world, aws, job.Id);

        var runner = (string)(await world.RunnersAsync(job.Id)).Single()["id"]!;
        Assert.Equal($"{world.Name}/{runner}/1", (string?)task["startedBy"]);
        Assert.Equal(("512", "1024"), ((string?)task["overrides"]!["cpu"], (string?)task["overrides"]!["memory"]));
        Assert.Equal((AwsHost.PublicUrl, runner), (AwsHost.EnvironmentOf(task, "RUNNERFLEET_URL"), AwsHost.EnvironmentOf(task, "RUNNERFLEET_RUNNER_ID")));
        Assert.Contains(task["tags"]!.AsArray(), tag => ((string?)tag!["key"], (string?)tag["value"]) == ("team", "platform"));
        Assert.Contains(task["tags"]!.AsArray(), tag => ((string?)tag!["key"], (string?)tag["value"]) == ("runnerfleet:repository", HostWorld.Repository));
        var definition = await aws.CallAsync("ecs", "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition", new JsonObject { ["taskDefinition"] = (string?)task["taskDefinitionArn"] });
        Assert.Equal(AwsHost.Image, (string?)definition["taskDefinition"]!["containerDefinitions"]![0]!["image"]);
        Assert.Empty(world.GitHub.Runners);

        await aws.RunAsync(task);
        await world.EventuallyAsync(async () => await world.JobStateAsync(job.Id) == "COMPLETED", () => "the job's end");
        await world.NothingIsLeftAsync();
        Assert.Equal("STOPPED", (string?)(await aws.DescribeAsync((string)task["taskArn"]!))["lastStatus"]);
        Assert.Equal("OFFLINE", (string?)(await world.RunnersAsync(job.Id)).Single()["state"]);
    }

    [Fact]
    public async Task An_event_of_ECS_by_the_queue_ends_a_runner_and_its_job_gets_another()
    {
        await using var world = await HostWorld.WithGitHubAsync();
        using var aws = await PrepareAsync(world);
        var queue = (string)(await aws.CallAsync("sqs", "AmazonSQS.CreateQueue", new JsonObject { ["QueueName"] = world.Name }))["QueueUrl"]!;
        world.Settings["RunnerFleet:Queue"] = "sqs";
        world.Settings["RunnerFleet:Aws:Sqs:QueueUrl"] = queue;
        world.Settings["RunnerFleet:Aws:Sqs:EventsQueueUrl"] = queue;
        await world.StartHostAsync();
        var job = world.GitHub.QueueJob(HostWorld.Repository, s_labels);
        var task = await TaskOfAsync(world, aws, job.Id);
        var first = (string)(await world.RunnersAsync(job.Id)).Single()["id"]!;

        await aws.CallAsync("ecs", "AmazonEC2ContainerServiceV20141113.StopTask", new JsonObject { ["cluster"] = AwsHost.Cluster, ["task"] = (string?)task["taskArn"] });
        await aws.CallAsync("sqs", "AmazonSQS.SendMessage", new JsonObject { ["QueueUrl"] = queue, ["MessageBody"] = StoppedEvent(task) });

        await world.EventuallyAsync(async () => (string?)(await world.GetAsync($"api/runners/{first}"))["state"] == "FAILED", () => "the runner's end");
        var ended = await world.GetAsync($"api/runners/{first}");
        Assert.Contains("Essential container in task exited", ended["reason"]!.ToJsonString(), StringComparison.Ordinal);
        await world.EventuallyAsync(async () => (await world.RunnersAsync()).Any(r => (string?)r["id"] != first && (string?)r["state"] == "WAITING_FOR_JOB"), () => "another runner");
        Assert.DoesNotContain("RUNNERFLEET_CLAIM_SECRET", world.Host.Output, StringComparison.Ordinal);
    }

    /// <summary>As EventBridge delivers it (Amazon ECS task state change events); overrides, with the claim secret in clear, included.</summary>
    private static string StoppedEvent(JsonNode task)
    {
        var detail = (JsonObject)task.DeepClone();
        detail["lastStatus"] = "STOPPED";
        detail["desiredStatus"] = "STOPPED";
        detail["stopCode"] = "EssentialContainerExited";
        detail["stoppedReason"] = "Essential container in task exited";
        detail["stoppedAt"] = "2026-11-27T12:00:00Z";
        detail["containers"] = new JsonArray(new JsonObject { ["name"] = "runner", ["exitCode"] = 1, ["lastStatus"] = "STOPPED" });
        return new JsonObject { ["version"] = "0", ["id"] = "e-1", ["source"] = "aws.ecs", ["detail-type"] = "ECS Task State Change", ["detail"] = detail }.ToJsonString();
    }

    private async Task<AwsHost> PrepareAsync(HostWorld world)
    {
        var url = await endpoint.NeedAsync();
        var aws = new AwsHost(world, url, AwsEndpoint.Credentials.GetCredentials(), Region);
        await aws.CallAsync("ecs", "AmazonEC2ContainerServiceV20141113.CreateCluster", new JsonObject { ["clusterName"] = AwsHost.Cluster });

        // Else each description moves a task on towards its end. Other emulators do not know this address, and need not.
        using var http = new HttpClient { BaseAddress = url };
        using var transition = new StringContent("""{"model_name":"ecs::task","transition":{"progression":"manual","times":1000000}}""");
        using var answer = await http.PostAsync(new Uri("moto-api/state-manager/set-transition", UriKind.Relative), transition);
        aws.Configure(await aws.SubnetAsync());
        return aws;
    }

    /// <summary>The classes, and both secrets, are parameters.</summary>
    private static async Task UseSystemsManagerAsync(HostWorld world, AwsHost aws)
    {
        foreach (var (name, value, type) in new[]
        {
            ("classes", """{"small":{"cpu":512,"memory":1024}}""", "String"),
            ("webhook-secret", HostWorld.Secret, "SecureString"),
            ("token", HostWorld.Token, "SecureString"),
        })
        {
            await aws.CallAsync("ssm", "AmazonSSM.PutParameter", new JsonObject { ["Name"] = $"/{world.Name}/{name}", ["Value"] = value, ["Type"] = type });
        }

        world.Settings["RunnerFleet:ClassesFrom"] = "ssm";
        world.Settings["RunnerFleet:Aws:Ssm:Parameter"] = $"/{world.Name}/classes";
        world.Settings["RunnerFleet:GitHub:WebhookSecret"] = $"ssm:/{world.Name}/webhook-secret";
        world.Settings["RunnerFleet:GitHub:Token"] = $"ssm:/{world.Name}/token";
    }

    private static async Task<JsonNode> TaskOfAsync(HostWorld world, AwsHost aws, long job)
    {
        await world.UntilRunnerIsAsync(job, "WAITING_FOR_JOB");
        return await aws.DescribeAsync((string)(await world.RunnersAsync(job)).Single()["compute"]!["id"]!);
    }
}
