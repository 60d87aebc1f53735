using RunnerFleet.Aws.Ecs;

namespace RunnerFleet.Aws.Tests.Ecs;

/// <summary>Holds answers of DescribeTaskDefinition back until so many callers wait for one, or until it is opened: what happens at once on AWS happens at once in a test.</summary>
internal sealed class GatedEcs(IEcsApi ecs, int waitsFor) : IEcsApi, IDisposable
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _arrived = new(0);
    private int _waiting;

    public void Open() => _open.TrySetResult();

    /// <summary>Completes once so many callers have come.</summary>
    public async Task Waiting(int callers)
    {
        for (; callers > 0; callers--)
        {
            await _arrived.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    public async Task<EcsTaskDefinition?> DescribeTaskDefinitionAsync(string taskDefinition, CancellationToken cancellationToken)
    {
        var found = await ecs.DescribeTaskDefinitionAsync(taskDefinition, cancellationToken);
        if (Interlocked.Increment(ref _waiting) == waitsFor)
        {
            Open();
        }

        _arrived.Release();
        await _open.Task.WaitAsync(cancellationToken);
        return found;
    }

    public Task<EcsRunTaskResult> RunTaskAsync(EcsRunTaskRequest request, CancellationToken cancellationToken) => ecs.RunTaskAsync(request, cancellationToken);

    public Task<EcsTask?> StopTaskAsync(string cluster, string task, string reason, CancellationToken cancellationToken) => ecs.StopTaskAsync(cluster, task, reason, cancellationToken);

    public Task<EcsDescribeTasksResult> DescribeTasksAsync(string cluster, IReadOnlyCollection<string> tasks, CancellationToken cancellationToken) => ecs.DescribeTasksAsync(cluster, tasks, cancellationToken);

    public Task<EcsListTasksResult> ListTasksAsync(EcsListTasksRequest request, CancellationToken cancellationToken) => ecs.ListTasksAsync(request, cancellationToken);

    public Task<EcsTaskDefinition> RegisterTaskDefinitionAsync(EcsRegisterTaskDefinitionRequest request, CancellationToken cancellationToken) => ecs.RegisterTaskDefinitionAsync(request, cancellationToken);

    public void Dispose() => _arrived.Dispose();
}
