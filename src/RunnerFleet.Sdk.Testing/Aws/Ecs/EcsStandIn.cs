using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace RunnerFleet.Testing.Aws;

/// <summary>
/// ECS in an <see cref="AwsStandIn"/>: clusters, task definitions and tasks whose life goes on by the clock. It refuses what ECS refuses, starts one task for a client token, and lacks capacity, fails and forgets
/// when told to.
/// </summary>
/// <remarks>
/// All subnets, security groups and images exist until they are deleted. Each task has one container that matters, the first of its definition. A task is forgotten an hour after its end, and its client token
/// with it. Safe for any number of callers.
/// </remarks>
public sealed partial class EcsStandIn
{
    private static readonly TimeSpan s_forgottenAfter = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_tokenLife = TimeSpan.FromHours(24);

    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly string _region;
    private readonly Func<string> _account;
    private readonly Dictionary<string, EcsCluster> _clusters = new(StringComparer.Ordinal);
    private readonly List<EcsStoredDefinition> _definitions = [];
    private readonly List<EcsTaskLife> _tasks = [];
    private readonly List<string> _events = [];
    private readonly HashSet<string> _deleted = new(StringComparer.Ordinal);
    private readonly HashSet<string> _exhausted = new(StringComparer.Ordinal);
    private readonly HashSet<string> _denied = new(StringComparer.Ordinal);
    private int _ids;

    internal EcsStandIn(TimeProvider clock, string region, Func<string> account) => (_clock, _region, _account) = (clock, region, account);

    /// <summary>How fast, and how well, it works.</summary>
    public EcsStandInOptions Options { get; } = new();

    /// <summary>What a task's container does once it runs: the exit code with which it ends at once, or <see langword="null"/> to run until it is stopped. Called while requests wait, so it must not send any.</summary>
    public Func<EcsStandInTask, int?> Runs { get; set; } = _ => null;

    /// <summary>All tasks that are not forgotten, in the order of their creation.</summary>
    public IReadOnlyList<EcsStandInTask> Tasks => Locked(_ => _tasks.Select(SnapshotOf).ToArray());

    /// <summary>The ARNs of all active task definitions, in the order of their registration.</summary>
    public IReadOnlyList<string> TaskDefinitions => Locked(_ => _definitions.Where(definition => definition.IsActive).Select(definition => definition.Arn).ToArray());

    /// <summary>Makes a cluster.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="capacityProviders">What is associated with it; none: <c>FARGATE</c> and <c>FARGATE_SPOT</c>. Any other name is a provider of EC2 instances, which always have room.</param>
    /// <returns>Its ARN.</returns>
    public string CreateCluster(string name, params string[] capacityProviders) => Locked(_ =>
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        _clusters[name] = new(name, Arn($"cluster/{name}"), [.. capacityProviders.Length > 0 ? capacityProviders : ["FARGATE", "FARGATE_SPOT"]]);
        return _clusters[name].Arn;
    });

    /// <summary>Makes a task definition INACTIVE: no tasks are started of it any more.</summary>
    /// <param name="arn">Its ARN.</param>
    public void DeregisterTaskDefinition(string arn) => Change(_ => _definitions.Single(definition => definition.Arn == arn).IsActive = false);

    /// <summary>Lets a container's process end.</summary>
    /// <param name="arn">The task's ARN.</param>
    /// <param name="exitCode">With what.</param>
    /// <param name="containerReason">What ECS says of the container, such as <c>OutOfMemoryError: Container killed due to memory usage</c>.</param>
    public void EndTask(string arn, int exitCode, string? containerReason = null) => Change(now => Find(arn).Exit(exitCode, now, containerReason));

    /// <summary>Lets a task fail before it runs.</summary>
    /// <param name="arn">The task's ARN.</param>
    /// <param name="stoppedReason">Such as <c>CannotPullContainerError: …</c> or <c>ResourceInitializationError: …</c>.</param>
    public void FailToStart(string arn, string stoppedReason) => Change(now => Find(arn).FailToStart(stoppedReason, now));

    /// <summary>Takes a Spot task's capacity back: it is told at once, and killed two minutes later.</summary>
    /// <param name="arn">The task's ARN.</param>
    public void InterruptSpot(string arn) => Change(now => Find(arn).Interrupt(now));

    /// <summary>Deletes an image from its registry: tasks that are still to pull it fail to start.</summary>
    /// <param name="image">The reference, as task definitions name it.</param>
    public void DeleteImage(string image) => Change(_ => _deleted.Add(image));

    /// <summary>Deletes a subnet or a security group.</summary>
    /// <param name="id">Such as <c>subnet-0a1b2c3d</c> or <c>sg-0a1b2c3d</c>.</param>
    public void DeleteNetwork(string id) => Change(_ => _deleted.Add(id));

    /// <summary>Lets a capacity provider, or what is in a subnet, run out of capacity.</summary>
    /// <param name="name">The provider, such as <c>FARGATE_SPOT</c>, or the subnet.</param>
    public void Exhaust(string name) => Change(_ => _exhausted.Add(name));

    /// <summary>Gives it capacity again.</summary>
    /// <param name="name">The provider or the subnet.</param>
    public void Replenish(string name) => Change(_ => _exhausted.Remove(name));

    /// <summary>Takes a permission away from the caller.</summary>
    /// <param name="action">Such as <c>ecs:RunTask</c> or <c>iam:PassRole</c>.</param>
    public void Deny(string action) => Change(_ => _denied.Add(action));

    /// <summary>Gives it back.</summary>
    /// <param name="action">The action.</param>
    public void Allow(string action) => Change(_ => _denied.Remove(action));

    /// <summary>A task as EventBridge would deliver it now, as an ECS Task State Change.</summary>
    /// <param name="arn">The task's ARN.</param>
    public string EventOf(string arn) => Locked(_ => EventOf(Find(arn)));

    /// <summary>All state changes since the last call, in order: what EventBridge would have delivered, if it lost and repeated nothing.</summary>
    public IReadOnlyList<string> TakeEvents() => Locked(_ =>
    {
        string[] taken = [.. _events];
        _events.Clear();
        return taken;
    });

    private T Locked<T>(Func<DateTimeOffset, T> step)
    {
        lock (_gate)
        {
            var now = _clock.GetUtcNow();
            foreach (var task in _tasks)
            {
                task.Advance(now);
            }

            _tasks.RemoveAll(task => task.StoppedAt + s_forgottenAfter <= now);
            return step(now);
        }
    }

    private void Change(Action<DateTimeOffset> step) => Locked(now =>
    {
        step(now);
        return true;
    });

    private EcsTaskLife Find(string arn) => _tasks.SingleOrDefault(task => task.Arn == arn) ?? throw new ArgumentException($"There is no task {arn}, or no longer.", nameof(arn));

    private string Arn(string resource) => $"arn:aws:ecs:{_region}:{_account()}:{resource}";

    /// <summary>Ids look like AWS's and are the same in every run.</summary>
    private string NextId() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"id {++_ids}")))[..16]);

    private string EventOf(EcsTaskLife task) => EcsTaskJson.Event(task, Guid.ParseExact(NextId(), "N").ToString(), _region, _account()).ToJsonString();

    private static EcsStandInTask SnapshotOf(EcsTaskLife task) => new()
    {
        Arn = task.Arn,
        Cluster = task.ClusterArn[(task.ClusterArn.LastIndexOf('/') + 1)..],
        TaskDefinition = task.Definition.Arn,
        Image = task.Definition.Image,
        CpuArchitecture = task.Definition.CpuArchitecture,
        StartedBy = task.StartedBy,
        CapacityProvider = task.Provider,
        Cpu = task.Cpu,
        MemoryMiB = task.Memory,
        EphemeralStorageGiB = task.Disk,
        Environment = EnvironmentOf(task),
        Tags = task.Tags,
        LastStatus = task.LastStatus,
        DesiredStatus = task.DesiredStatus,
        StopCode = task.StopCode,
        StoppedReason = task.StoppedReason,
        ExitCode = task.ExitCode,
    };

    private static Dictionary<string, string> EnvironmentOf(EcsTaskLife task) =>
        (task.Overrides?.Items("containerOverrides") ?? []).SelectMany(container => container.Items("environment"))
            .ToDictionary(variable => variable.Text("name")!, variable => variable.Text("value")!, StringComparer.Ordinal);

    private sealed record EcsCluster(string Name, string Arn, HashSet<string> Providers)
    {
        public Dictionary<string, EcsToken> Tokens { get; } = new(StringComparer.Ordinal);
    }

    /// <summary>What a client token stands for.</summary>
    private sealed record EcsToken(JsonElement Request, string Answer, IReadOnlyList<string> Tasks, DateTimeOffset At);
}
