using System.Text.Json.Nodes;
using RunnerFleet.Aws.Events;
using RunnerFleet.Compute;
using RunnerFleet.Provisioning;

namespace RunnerFleet.Aws.Tests.Events;

/// <summary>Payloads that nobody of this project wrote. They lie beside the repository, or where RUNNERFLEET_FIXTURES says; tests that need them are skipped where they are absent.</summary>
public sealed class AwsEventFixtureTests
{
    private const string Variable = "RUNNERFLEET_FIXTURES";

    [Theory]
    [InlineData("ecs-task-state-change.running.json", typeof(AwsEvent.NotOurs))] // started by nobody of ours
    [InlineData("ecs-task-state-change.stopped.derived.json", typeof(AwsEvent.NotOurs))]
    [InlineData("ecs-task-state-change.failed-to-start.derived.json", typeof(AwsEvent.NotOurs))]
    [InlineData("ecs-task-state-change.spot-interruption.derived.json", typeof(AwsEvent.NotOurs))]
    [InlineData("ecs-task-state-change.spot-interruption.old-docs.json", typeof(AwsEvent.NotOurs))]
    [InlineData("eventbridge-custom-putevents.derived.json", typeof(AwsEvent.NotOurs))]
    [InlineData("eventbridge-custom-putevents.moto-captured.json", typeof(AwsEvent.NotOurs))]
    [InlineData("codebuild-build-state-change.json", typeof(AwsEvent.News))]
    [InlineData("eventbridge-scheduled.json", typeof(AwsEvent.Sweep))]
    [InlineData("sqs-event.json", typeof(AwsEvent.Batch))]
    [InlineData("apigateway-http-api-v2.json", typeof(AwsEvent.Unreadable))]
    [InlineData("apigateway-rest-v1.json", typeof(AwsEvent.Unreadable))]
    [InlineData("sqs-partial-batch-response.json", typeof(AwsEvent.Unreadable))]
    public void Each_payload_is_what_it_is(string file, Type expected) => Assert.IsType(expected, AwsEventParser.Parse(Read(file).Bytes(), "default"));

    [Fact]
    public void A_build_is_named_by_its_id() =>
        Assert.Equal("my-sample-project:8745a7a9-c340-456a-9166-edf953571bEX", Assert.IsType<FleetEvent.ImageBuildChanged>(Assert.IsType<AwsEvent.News>(AwsEventParser.Parse(Read("codebuild-build-state-change.json").Bytes(), "default")).Event).BuildId);

    [Theory]
    [InlineData("ecs-task-state-change.running.json", ComputeStatus.Running, null, false, false)]
    [InlineData("ecs-task-state-change.stopped.derived.json", ComputeStatus.Stopped, 0, false, false)]
    [InlineData("ecs-task-state-change.failed-to-start.derived.json", ComputeStatus.Stopped, null, false, true)]
    [InlineData("ecs-task-state-change.spot-interruption.derived.json", ComputeStatus.Stopping, null, false, false)]
    [InlineData("ecs-task-state-change.spot-interruption.old-docs.json", ComputeStatus.Stopping, null, false, false)]
    public void A_task_of_ours_is_read(string file, ComputeStatus status, int? exitCode, bool interrupted, bool imageUnavailable)
    {
        var compute = ComputeOf(file);

        Assert.Equal((status, exitCode, interrupted, imageUnavailable), (compute.Status, compute.End?.ExitCode, compute.End?.Interrupted ?? false, compute.End?.ImageUnavailable ?? false));
    }

    [Theory]
    [InlineData("ecs-task-state-change.spot-interruption.derived.json")]
    [InlineData("ecs-task-state-change.spot-interruption.old-docs.json")]
    public void A_spot_task_that_has_stopped_was_interrupted(string file) => Assert.True(ComputeOf(file, detail => detail["lastStatus"] = "STOPPED").End!.Interrupted);

    [Fact]
    public void An_answer_to_a_batch_has_the_published_shape()
    {
        var published = JsonNode.Parse(Read("sqs-partial-batch-response.json"))!;
        var answer = new AwsEventAnswer
        {
            IsBatch = true,
            Outcomes = [.. published["batchItemFailures"]!.AsArray().Select(item => new AwsEventOutcome { MessageId = (string)item!["itemIdentifier"]!, Status = AwsEventStatus.Failed })],
        };
        Assert.True(JsonNode.DeepEquals(published, JsonNode.Parse(answer.ToBatchResponse())));
    }

    private static ComputeDescription ComputeOf(string file, Action<JsonObject>? change = null)
    {
        var payload = JsonNode.Parse(Read(file))!;
        payload["detail"]!["startedBy"] = $"default/{Payloads.Runner}/2";
        change?.Invoke(payload["detail"]!.AsObject());
        return Assert.IsType<FleetEvent.ComputeChanged>(Assert.IsType<AwsEvent.News>(AwsEventParser.Parse(payload.ToJsonString().Bytes(), "default")).Event).Description;
    }

    private static string Read(string file)
    {
        var folder = Environment.GetEnvironmentVariable(Variable) ?? Path.Combine(RepositoryRoot(), "..", "shared", "fixtures");
        var path = Path.GetFullPath(Path.Combine(folder, "aws-events", file));
        Assert.SkipUnless(File.Exists(path), $"The fixture {path} is not there; {Variable} may name the folder of the fixtures.");
        return File.ReadAllText(path);
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "RunnerFleet.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds RunnerFleet.sln.");
        }

        return folder.FullName;
    }
}
