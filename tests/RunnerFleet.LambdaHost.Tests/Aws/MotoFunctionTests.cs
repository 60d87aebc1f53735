using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using RunnerFleet.LambdaHost.Tests.Runtime;
using RunnerFleet.Runners;
using RunnerFleet.Testing.GitHub;
using RunnerFleet.Tests.Aws;

namespace RunnerFleet.LambdaHost.Tests.Aws;

/// <summary>The function as a process, with its fleet on an AWS that others wrote. moto runs no container and sends no events, so the test sends them.</summary>
public sealed class MotoFunctionTests(AwsEndpoint endpoint)
{
    private const string Region = "eu-west-3"; // moto keeps each region's state apart

    [Fact]
    public async Task A_signed_webhook_ends_in_a_task_the_event_of_its_end_ends_the_runner_and_a_schedule_sweeps()
    {
        var url = await endpoint.NeedAsync();
        using var gitHub = new GitHubStandIn(TimeProvider.System, new() { WebhookSecret = FleetOnAws.Secret, Token = FleetOnAws.Token });
        gitHub.AddRepository(FleetOnAws.Repository);
        await using var server = await GitHubStandInServer.StartAsync(gitHub);
        var job = gitHub.QueueJob(FleetOnAws.Repository, FleetOnAws.Labels).Id;
        using var http = new HttpClient { BaseAddress = url };
        var name = "l" + RandomNumberGenerator.GetHexString(10, lowercase: true);
        await http.CallAsync(Region, "ecs", "AmazonEC2ContainerServiceV20141113.CreateCluster", new JsonObject { ["clusterName"] = FleetOnAws.Cluster });
        var queue = (string)(await http.CallAsync(Region, "sqs", "AmazonSQS.CreateQueue", new JsonObject { ["QueueName"] = name }))["QueueUrl"]!;
        using var transition = new StringContent("""{"model_name":"ecs::task","transition":{"progression":"manual","times":1000000}}""");
        using var set = await http.PostAsync(new Uri("moto-api/state-manager/set-transition", UriKind.Relative), transition); // else each description moves a task on towards its end
        await using var fleet = await FleetOnAws.CreateAsync(url, AwsEndpoint.Credentials.GetCredentials(), Region, name, await SubnetAsync(http), queue,
            ("RunnerFleet:GitHub:ApiUrl", server.Url.AbsoluteUri), ("RunnerFleet:Timing:RetrySeconds", "1"));
        await using var runtime = await FakeRuntime.StartAsync();
        await using var function = FunctionProcess.Start(fleet.Settings, ("AWS_LAMBDA_RUNTIME_API", runtime.Address));

        var answer = (await runtime.InvokeAsync(FleetOnAws.Queued(job))).IsResult().Json;
        Assert.Equal(202, (int)answer["statusCode"]!);
        var hint = (await http.CallAsync(Region, "sqs", "AmazonSQS.ReceiveMessage", new JsonObject { ["QueueUrl"] = queue, ["WaitTimeSeconds"] = 2 }))["Messages"]![0]!;
        Assert.Equal("""{"batchItemFailures":[]}""", (await runtime.InvokeAsync(FleetOnAws.Batch(((string)hint["MessageId"]!, (string)hint["Body"]!)))).IsResult().Body);

        var runner = Assert.Single(await fleet.RunnersAsync());
        Assert.Equal((RunnerState.WaitingForJob, job), (runner.State, runner.Job!.Value.Id));
        var task = (await DescribeAsync(http, runner.Compute!.Id))["tasks"]![0]!;
        Assert.Equal($"{name}/{runner.Id}/1", (string?)task["startedBy"]);

        await http.CallAsync(Region, "ecs", "AmazonEC2ContainerServiceV20141113.StopTask", new JsonObject { ["cluster"] = FleetOnAws.Cluster, ["task"] = (string?)task["taskArn"] });
        (await runtime.InvokeAsync(Stopped(task))).IsResult();
        var ended = Assert.Single(await fleet.RunnersAsync(), one => one.Id == runner.Id);
        Assert.Equal(RunnerState.Failed, ended.State);
        Assert.Contains("Essential container in task exited", ended.Reason!.Message, StringComparison.Ordinal);

        var another = await SweepUntilAsync(runtime, fleet, one => one.Id != runner.Id && one.State == RunnerState.WaitingForJob); // the job is still queued
        Assert.Equal(job, another.Job!.Value.Id);
        Assert.DoesNotContain("RUNNERFLEET_CLAIM_SECRET", function.Output, StringComparison.Ordinal);
    }

    private static async Task<Runner> SweepUntilAsync(FakeRuntime runtime, FleetOnAws fleet, Func<Runner, bool> isThere)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (true)
        {
            (await runtime.InvokeAsync(new JsonObject { ["runnerfleet"] = "sweep" })).IsResult();
            if ((await fleet.RunnersAsync()).FirstOrDefault(isThere) is { } found)
            {
                return found;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, patience.Token);
        }
    }

    private static Task<JsonNode> DescribeAsync(HttpClient http, string task) =>
        http.CallAsync(Region, "ecs", "AmazonEC2ContainerServiceV20141113.DescribeTasks", new JsonObject { ["cluster"] = FleetOnAws.Cluster, ["tasks"] = new JsonArray(task) });

    /// <summary>As EventBridge delivers it (Amazon ECS task state change events); overrides, with the claim secret in clear, included.</summary>
    private static JsonObject Stopped(JsonNode task)
    {
        var detail = (JsonObject)task.DeepClone();
        detail["lastStatus"] = "STOPPED";
        detail["desiredStatus"] = "STOPPED";
        detail["stopCode"] = "EssentialContainerExited";
        detail["stoppedReason"] = "Essential container in task exited";
        detail["stoppedAt"] = "2026-11-27T12:00:00Z";
        detail["containers"] = new JsonArray(new JsonObject { ["name"] = "runner", ["exitCode"] = 1, ["lastStatus"] = "STOPPED" });
        return new() { ["version"] = "0", ["id"] = "e-1", ["source"] = "aws.ecs", ["detail-type"] = "ECS Task State Change", ["detail"] = detail };
    }

    private static async Task<string> SubnetAsync(HttpClient http)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new FormUrlEncodedContent([new("Action", "DescribeSubnets"), new("Version", "2016-11-15")]) };
        request.Headers.Authorization = new AuthenticationHeaderValue("AWS4-HMAC-SHA256", $"Credential=test/20261101/{Region}/ec2/aws4_request, SignedHeaders=host, Signature=0");
        using var answer = await http.SendAsync(request);
        var subnets = System.Xml.Linq.XDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        return subnets.Descendants().First(element => element.Name.LocalName == "subnetId").Value;
    }
}
