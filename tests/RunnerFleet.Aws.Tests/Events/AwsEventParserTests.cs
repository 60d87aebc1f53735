using System.Text.Json.Nodes;
using RunnerFleet.Aws.Events;
using RunnerFleet.Compute;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;

namespace RunnerFleet.Aws.Tests.Events;

public sealed class AwsEventParserTests
{
    [Fact]
    public void A_task_that_ended_is_described_whole()
    {
        var compute = Compute(Payloads.TaskChanged(attempt: 3));

        Assert.Equal(new ComputeRef { Launcher = "ecs", Location = "fleet-cluster", Id = Payloads.Task }, compute.Compute);
        Assert.Equal((Payloads.Runner, 3, ComputeStatus.Stopped), (compute.RunnerId, compute.Attempt, compute.Status));
        Assert.Equal(At("10:00:40"), compute.StartedAt);
        Assert.Equal(
            new ComputeEnd { StartedAt = At("10:00:10"), At = At("10:05:00.25"), ExitCode = 0, Reason = "EssentialContainerExited: Essential container in task exited" },
            compute.End);
    }

    [Theory]
    [InlineData("PROVISIONING", "RUNNING", ComputeStatus.Starting)]
    [InlineData("PENDING", "RUNNING", ComputeStatus.Starting)]
    [InlineData("ACTIVATING", "RUNNING", ComputeStatus.Starting)]
    [InlineData("SOMETHING_NEW", "RUNNING", ComputeStatus.Starting)]
    [InlineData("RUNNING", "RUNNING", ComputeStatus.Running)]
    [InlineData("RUNNING", null, ComputeStatus.Running)]
    [InlineData("RUNNING", "STOPPED", ComputeStatus.Stopping)]
    [InlineData("PENDING", "STOPPED", ComputeStatus.Stopping)]
    [InlineData("DEACTIVATING", "STOPPED", ComputeStatus.Stopping)]
    [InlineData("STOPPING", "STOPPED", ComputeStatus.Stopping)]
    [InlineData("DEPROVISIONING", "STOPPED", ComputeStatus.Stopping)]
    [InlineData("STOPPED", "STOPPED", ComputeStatus.Stopped)]
    [InlineData("STOPPED", "RUNNING", ComputeStatus.Stopped)]
    public void The_standing_follows_both_statuses(string last, string? desired, ComputeStatus expected)
    {
        var compute = Compute(Payloads.TaskChanged(detail => (detail["lastStatus"], detail["desiredStatus"]) = (last, desired)));
        Assert.Equal((expected, expected == ComputeStatus.Stopped), (compute.Status, compute.End is not null));
    }

    [Fact]
    public void What_it_cost_begins_with_the_pull_else_with_the_start_else_with_the_creation()
    {
        Assert.Equal(At("10:00:40"), Compute(Payloads.TaskChanged(detail => detail.Remove("pullStartedAt"))).End!.StartedAt);
        Assert.Equal(At("10:00:00.5"), Compute(Payloads.TaskChanged(detail => _ = detail.Remove("pullStartedAt") && detail.Remove("startedAt"))).End!.StartedAt);
        Assert.Null(Compute(Payloads.TaskChanged(detail => _ = detail.Remove("pullStartedAt") && detail.Remove("startedAt") && detail.Remove("createdAt"))).End!.StartedAt);
    }

    [Theory]
    [InlineData("SpotInterruption", "Your Spot Task was interrupted.", true)]
    [InlineData("TerminationNotice", "", true)]
    [InlineData("NewWord", "Your Spot Task was interrupted.", true)]
    [InlineData("UserInitiated", "stopped", false)]
    [InlineData(null, null, false)]
    public void A_spot_interruption_is_known_by_its_codes_and_by_its_words(string? code, string? reason, bool interrupted) =>
        Assert.Equal(interrupted, Compute(Payloads.TaskChanged(detail => (detail["stopCode"], detail["stoppedReason"]) = (code, reason))).End!.Interrupted);

    [Fact]
    public void An_image_that_could_not_be_pulled_is_told_by_the_task_or_by_its_container()
    {
        Assert.True(Compute(Payloads.TaskChanged(detail => detail["stoppedReason"] = "CannotPullContainerError: not found")).End!.ImageUnavailable);
        var end = Compute(Payloads.TaskChanged(detail => detail["containers"]![0]!["reason"] = "CannotPullContainerError: not found")).End!;
        Assert.True(end.ImageUnavailable);
        Assert.Contains("not found", end.Reason, StringComparison.Ordinal);
        Assert.False(Compute(Payloads.TaskChanged()).End!.ImageUnavailable);
    }

    [Fact]
    public void The_exit_code_is_that_of_the_runner_else_of_the_only_container()
    {
        Assert.Equal(5, Compute(Payloads.TaskChanged(detail => detail["containers"] = JsonNode.Parse("""[{"name":"sidecar","exitCode":1},{"name":"runner","exitCode":5}]"""))).End!.ExitCode);
        Assert.Equal(7, Compute(Payloads.TaskChanged(detail => detail["containers"] = JsonNode.Parse("""[{"name":"main","exitCode":7}]"""))).End!.ExitCode);
        Assert.Null(Compute(Payloads.TaskChanged(detail => detail["containers"] = JsonNode.Parse("""[{"name":"a","exitCode":7},{"name":"b","exitCode":8}]"""))).End!.ExitCode);
        Assert.Null(Compute(Payloads.TaskChanged(detail => detail.Remove("containers"))).End!.ExitCode);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("ecs-svc/1234")]
    [InlineData("other/01JB6BFTPC940534Y7QZM5K95J/1")]
    [InlineData("default/01JB6BFTPC940534Y7QZM5K95J")]
    [InlineData("default/01JB6BFTPC940534Y7QZM5K95J/1/2")]
    [InlineData("default/01JB6BFTPC940534Y7QZM5K95J/0")]
    [InlineData("default/01JB6BFTPC940534Y7QZM5K95J/-1")]
    [InlineData("default/nobody/1")]
    [InlineData("DEFAULT/01JB6BFTPC940534Y7QZM5K95J/1")]
    public void A_task_that_this_fleet_did_not_start_is_not_ours(string? startedBy) =>
        Assert.IsType<AwsEvent.NotOurs>(Parse(Payloads.TaskChanged(detail => detail["startedBy"] = startedBy)));

    [Theory]
    [InlineData("arn:aws:codebuild:eu-central-1:123456789012:build/images:8745a7a9-c340-456a-9166-edf953571bee")]
    [InlineData("arn:aws-us-gov:codebuild:us-gov-west-1:123456789012:build/images:8745a7a9-c340-456a-9166-edf953571bee")]
    [InlineData("images:8745a7a9-c340-456a-9166-edf953571bee")]
    public void A_build_is_named_as_the_API_names_it(string build)
    {
        Assert.Equal("images:8745a7a9-c340-456a-9166-edf953571bee", Assert.IsType<FleetEvent.ImageBuildChanged>(News(Payloads.BuildChanged(build))).BuildId);
        Assert.Equal("images:8745a7a9-c340-456a-9166-edf953571bee", Assert.IsType<FleetEvent.ImageBuildChanged>(News(Payloads.Event("ecs-runner", "image-build", new JsonObject { ["build_id"] = build, ["status"] = "ready" }))).BuildId);
    }

    [Theory]
    [InlineData("RUNNING")]
    [InlineData("OFFLINE")]
    [InlineData("anything")]
    public void Whatever_a_custom_status_says_of_a_runner_it_only_mentions_it(string status)
    {
        var detail = new JsonObject { ["runner_id"] = Payloads.Runner, ["status"] = status, ["timestamp"] = 1764237600, ["workflow_job_id"] = 5 };
        Assert.Equal(Payloads.Runner, Assert.IsType<FleetEvent.RunnerMentioned>(News(Payloads.Event("ecs-runner", "runner-status", detail))).RunnerId);
    }

    [Fact]
    public void A_schedule_asks_for_a_sweep_or_for_what_its_input_names()
    {
        Assert.IsType<AwsEvent.Sweep>(Parse(Payloads.Schedule));
        Assert.IsType<AwsEvent.Sweep>(Parse("""{"runnerfleet":"sweep","note":"every five minutes"}"""));
        Assert.IsType<AwsEvent.Drain>(Parse("""{"runnerfleet":"drain"}"""));
        Assert.IsType<AwsEvent.Drain>(Parse(Payloads.Drain));
        Assert.IsType<AwsEvent.Drain>(Parse(AwsEventParser.DrainHint));
    }

    [Fact]
    public void Each_message_of_a_batch_is_read_by_itself()
    {
        var batch = Assert.IsType<AwsEvent.Batch>(Parse(Payloads.Batch(("1", Payloads.Drain), ("2", "Message Body"), ("3", Payloads.TaskChanged()), ("4", Payloads.Batch(("5", Payloads.Drain))))));

        Assert.Equal(["1", "2", "3", "4"], batch.Messages.Select(message => message.Id));
        Assert.Equal([typeof(AwsEvent.Drain), typeof(AwsEvent.Unreadable), typeof(AwsEvent.News), typeof(AwsEvent.Unreadable)], batch.Messages.Select(message => message.Event.GetType()));
    }

    [Theory]
    [InlineData("aws.ecs", "ECS Service Action")]
    [InlineData("aws.ecs", "ECS Container Instance State Change")]
    [InlineData("aws.codebuild", "CodeBuild Build Phase Change")]
    [InlineData("runnerfleet", "runner-moved")]
    [InlineData("aws.s3", "Object Created")]
    [InlineData("my.app", "ECS Task State Change")]
    public void Other_events_are_understood_and_say_nothing(string source, string type) =>
        Assert.IsType<AwsEvent.NotOurs>(Parse(Payloads.Event(source, type, new JsonObject())));

    [Theory]
    [InlineData("")]
    [InlineData("Message Body")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"hint\":5}")]
    [InlineData("{\"runnerfleet\":\"explode\"}")]
    [InlineData("{\"source\":\"aws.ecs\",\"detail-type\":\"ECS Task State Change\",\"detail\":{}}")]
    [InlineData("{\"source\":\"aws.ecs\",\"detail-type\":\"ECS Task State Change\",\"detail\":5}")]
    [InlineData("{\"source\":\"aws.ecs\",\"detail-type\":\"ECS Task State Change\",\"detail\":{\"taskArn\":\"t\",\"clusterArn\":\"c\",\"lastStatus\":\"STOPPED\",\"containers\":[5]}}")]
    [InlineData("{\"source\":\"aws.codebuild\",\"detail-type\":\"CodeBuild Build State Change\",\"detail\":{\"build-id\":\"none\"}}")]
    [InlineData("{\"source\":\"ecs-runner\",\"detail-type\":\"runner-status\",\"detail\":{\"runner_id\":\"../x\"}}")]
    [InlineData("{\"source\":\"\\ud800\",\"detail-type\":\"x\",\"detail\":{}}")]
    [InlineData("{\"Records\":[{\"eventSource\":\"aws:sqs\",\"body\":\"x\"}]}")]
    public void What_nobody_understands_is_said_to_be_that(string payload) => Assert.IsType<AwsEvent.Unreadable>(Parse(payload));

    [Fact]
    public void Records_of_another_service_are_not_ours() => Assert.IsType<AwsEvent.NotOurs>(Parse("""{"Records":[{"eventSource":"aws:s3","s3":{}}]}"""));

    [Fact]
    public void Nothing_of_the_overrides_is_kept() => Assert.DoesNotContain(Payloads.Claim, Compute(Payloads.TaskChanged()).ToString(), StringComparison.Ordinal);

    private static AwsEvent Parse(string payload) => AwsEventParser.Parse(payload.Bytes(), "default");

    private static FleetEvent News(string payload) => Assert.IsType<AwsEvent.News>(Parse(payload)).Event;

    private static ComputeDescription Compute(string payload) => Assert.IsType<FleetEvent.ComputeChanged>(News(payload)).Description;

    private static DateTimeOffset At(string time) => DateTimeOffset.Parse($"2026-11-27T{time}Z", System.Globalization.CultureInfo.InvariantCulture);
}
