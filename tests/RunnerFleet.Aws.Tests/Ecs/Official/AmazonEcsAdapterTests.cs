using Amazon.ECS;
using Amazon.ECS.Model;
using RunnerFleet.Compute;
using Threading = System.Threading.Tasks;

namespace RunnerFleet.Aws.Tests.Ecs.Official;

/// <summary>The adapter that docs/extending.md shows.</summary>
public sealed class AmazonEcsAdapterTests : IDisposable
{
    private const string Arn = "arn:aws:ecs:eu-central-1:123456789012:task/runners/1";

    private readonly EcsWorld _world = new();
    private readonly OfficialEcs _official = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Threading.Task A_launch_goes_through_it_whole()
    {
        var request = _world.Request(change: plan => plan with { DiskGiB = 50, Architecture = "arm64" });

        var launched = Assert.IsType<LaunchOutcome.Launched>(await Launcher().LaunchAsync(request, _world.Cancel));

        Assert.Equal((Arn, "runners"), (launched.Compute.Id, launched.Compute.Location));
        var (definition, task) = (Assert.Single(_official.Registered), Assert.Single(_official.Run));
        Assert.Equal(("ARM64", EcsWorld.Image), ((string?)definition.RuntimePlatform?.CpuArchitecture, definition.ContainerDefinitions?[0].Image));
        Assert.Equal((request.Identity.Token, request.Identity.Token, "FARGATE"), (task.ClientToken, task.StartedBy, (string?)task.LaunchType));
        Assert.Equal(("512", "1024", 50), (task.Overrides?.Cpu, task.Overrides?.Memory, task.Overrides?.EphemeralStorage?.SizeInGiB));
        Assert.Contains(task.Overrides!.ContainerOverrides![0].Environment!, one => (one.Name, one.Value) == (RunnerEnvironment.ClaimSecret, "a-claim-secret"));
    }

    [Fact]
    public async Threading.Task What_ECS_answers_as_an_exception_comes_as_the_port_has_it()
    {
        var adapter = new AmazonEcsAdapter(_official);
        _official.Trouble = new ConflictException("In use.") { ResourceIds = [Arn] };
        Assert.Equal(Arn, Assert.IsType<LaunchOutcome.Existing>(await Launcher().LaunchAsync(_world.Request(), _world.Cancel)).Compute.Id);
        _official.Trouble = new InvalidParameterException("The referenced task was not found.");
        Assert.Null(await adapter.StopTaskAsync("runners", Arn, "why", _world.Cancel));
        Assert.Null(await adapter.DescribeTaskDefinitionAsync("nobody", _world.Cancel));
    }

    [Fact]
    public async Threading.Task Looks_go_through_it()
    {
        var compute = Assert.IsType<LaunchOutcome.Launched>(await Launcher().LaunchAsync(_world.Request(), _world.Cancel)).Compute;

        var found = Assert.IsType<FindOutcome.Found>((await Launcher().DescribeAsync([compute], _world.Cancel))[compute]);

        Assert.Equal((ComputeStatus.Stopped, 7, "EssentialContainerExited"), (found.Description.Status, found.Description.End?.ExitCode, found.Description.End?.Reason));
        Assert.Equal(TimeSpan.Zero, found.Description.End?.At?.Offset);
        Assert.Empty((await Launcher().ListAsync("test", null, _world.Cancel)).Items);
    }

    private RunnerFleet.Aws.Ecs.EcsLauncher Launcher() => _world.NewLauncher(ecs: new AmazonEcsAdapter(_official));

    private sealed class OfficialEcs : IAmazonECS
    {
        public Exception? Trouble { get; set; }

        public List<RunTaskRequest> Run { get; } = [];

        public List<RegisterTaskDefinitionRequest> Registered { get; } = [];

        public Threading.Task<RunTaskResponse> RunTaskAsync(RunTaskRequest request, CancellationToken cancellationToken)
        {
            Run.Add(request);
            return Trouble is null ? Threading.Task.FromResult(new RunTaskResponse { Tasks = [Task("PROVISIONING")] }) : throw Trouble;
        }

        public Threading.Task<StopTaskResponse> StopTaskAsync(StopTaskRequest request, CancellationToken cancellationToken) =>
            Trouble is null ? Threading.Task.FromResult(new StopTaskResponse { Task = Task("RUNNING") }) : throw Trouble;

        public Threading.Task<DescribeTasksResponse> DescribeTasksAsync(DescribeTasksRequest request, CancellationToken cancellationToken) => Threading.Task.FromResult(new DescribeTasksResponse { Tasks = [Task("STOPPED")] });

        public Threading.Task<ListTasksResponse> ListTasksAsync(ListTasksRequest request, CancellationToken cancellationToken) => Threading.Task.FromResult(new ListTasksResponse());

        public Threading.Task<RegisterTaskDefinitionResponse> RegisterTaskDefinitionAsync(RegisterTaskDefinitionRequest request, CancellationToken cancellationToken)
        {
            Registered.Add(request);
            return Threading.Task.FromResult(new RegisterTaskDefinitionResponse { TaskDefinition = new() { TaskDefinitionArn = $"arn:aws:ecs:x:1:task-definition/{request.Family}:1", Status = "ACTIVE" } });
        }

        public Threading.Task<DescribeTaskDefinitionResponse> DescribeTaskDefinitionAsync(DescribeTaskDefinitionRequest request, CancellationToken cancellationToken) => throw new ClientException("Unable to describe task definition.");

        private static Amazon.ECS.Model.Task Task(string lastStatus) => new()
        {
            TaskArn = Arn,
            ClusterArn = "arn:aws:ecs:eu-central-1:123456789012:cluster/runners",
            LastStatus = lastStatus,
            StopCode = lastStatus == "STOPPED" ? "EssentialContainerExited" : null,
            StoppedAt = lastStatus == "STOPPED" ? new DateTime(2026, 11, 1, 12, 0, 0, DateTimeKind.Utc) : null,
            Containers = [new() { Name = "runner", ExitCode = lastStatus == "STOPPED" ? 7 : null }],
        };
    }
}
