using System.Text.Json;

namespace RunnerFleet.Testing.Aws;

/// <summary>A task and its life. What comes next is planned by the clock; a stop, an end or an interruption makes another plan.</summary>
internal sealed class EcsTaskLife
{
    /// <summary>How much warning AWS gives (Amazon ECS Developer Guide, Fargate capacity providers).</summary>
    private static readonly TimeSpan s_spotNotice = TimeSpan.FromMinutes(2);

    private readonly EcsStandInOptions _options;
    private readonly Action<EcsTaskLife, DateTimeOffset> _changed;
    private readonly Queue<(DateTimeOffset At, Action<DateTimeOffset> Do)> _plan = [];

    public EcsTaskLife(EcsStandInOptions options, Action<EcsTaskLife, DateTimeOffset> changed, DateTimeOffset now)
    {
        (_options, _changed, CreatedAt, UpdatedAt) = (options, changed, now, now);
        var pending = now + options.Provisioning;
        _plan.Enqueue((pending, at =>
        {
            PullStartedAt = at;
            Become("PENDING", at);
        }));
        _plan.Enqueue((pending + options.Pending, BeginToRun));
    }

    public required string Arn { get; init; }

    public required string ClusterArn { get; init; }

    public required EcsStoredDefinition Definition { get; init; }

    public required string Provider { get; init; }

    public required int Cpu { get; init; }

    public required int Memory { get; init; }

    public required int Disk { get; init; }

    public required string Subnet { get; init; }

    public string? StartedBy { get; init; }

    public string? PlatformVersion { get; init; }

    public JsonElement? Overrides { get; init; }

    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>What the container does once it runs: the exit code with which it ends at once, or nothing.</summary>
    public required Func<EcsTaskLife, int?> Runs { get; init; }

    /// <summary>Why the image cannot be pulled; <see langword="null"/> when it can.</summary>
    public required Func<EcsTaskLife, string?> PullTrouble { get; init; }

    public string LastStatus { get; private set; } = "PROVISIONING";

    public string DesiredStatus { get; private set; } = "RUNNING";

    public int Version { get; private set; } = 1;

    public DateTimeOffset CreatedAt { get; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public DateTimeOffset? PullStartedAt { get; private set; }

    public DateTimeOffset? PullStoppedAt { get; private set; }

    public DateTimeOffset? StartedAt { get; private set; }

    public DateTimeOffset? StoppingAt { get; private set; }

    public DateTimeOffset? ExecutionStoppedAt { get; private set; }

    public DateTimeOffset? StoppedAt { get; private set; }

    public string? StopCode { get; private set; }

    public string? StoppedReason { get; private set; }

    public int? ExitCode { get; private set; }

    public string? ContainerReason { get; private set; }

    public bool HasBegunToStop => DesiredStatus == "STOPPED";

    public void Advance(DateTimeOffset now)
    {
        while (_plan.TryPeek(out var next) && next.At <= now)
        {
            _plan.Dequeue();
            next.Do(next.At);
        }
    }

    /// <summary>StopTask.</summary>
    public void Stop(string reason, DateTimeOffset now)
    {
        if (HasBegunToStop)
        {
            return;
        }

        BeginToStop("UserInitiated", reason, now);
        if (LastStatus != "RUNNING")
        {
            Deprovision(now, null);
            return;
        }

        Become("DEACTIVATING", now);
        _plan.Enqueue((now + (_options.Stopping / 2), at => Become("STOPPING", at)));
        _plan.Enqueue((now + _options.Stopping, at => Deprovision(at, 143)));
    }

    /// <summary>The container's process ends by itself.</summary>
    public void Exit(int exitCode, DateTimeOffset now, string? containerReason = null)
    {
        if (!HasBegunToStop)
        {
            BeginToStop("EssentialContainerExited", "Essential container in task exited", now);
            ContainerReason = containerReason;
            Deprovision(now, exitCode);
        }
    }

    public void FailToStart(string reason, DateTimeOffset now)
    {
        if (!HasBegunToStop)
        {
            BeginToStop("TaskFailedToStart", reason, now);
            Deprovision(now, null);
        }
    }

    /// <summary>AWS takes Spot capacity back. Whoever has not ended by then is killed.</summary>
    public void Interrupt(DateTimeOffset now)
    {
        if (HasBegunToStop)
        {
            return;
        }

        var wasRunning = LastStatus == "RUNNING";
        BeginToStop("SpotInterruption", "Your Spot Task was interrupted.", now);
        Become(LastStatus, now);
        _plan.Enqueue((now + s_spotNotice, at => Deprovision(at, wasRunning ? 137 : null)));
    }

    private void BeginToRun(DateTimeOffset at)
    {
        if (PullTrouble(this) is { } trouble)
        {
            FailToStart(trouble, at);
            return;
        }

        (PullStoppedAt, StartedAt) = (at, at);
        Become("RUNNING", at);
        if (Runs(this) is { } exitCode)
        {
            Exit(exitCode, at);
        }
    }

    private void BeginToStop(string code, string reason, DateTimeOffset at)
    {
        _plan.Clear();
        (DesiredStatus, StopCode, StoppedReason, StoppingAt) = ("STOPPED", code, reason, at);
    }

    private void Deprovision(DateTimeOffset at, int? exitCode)
    {
        (ExitCode, ExecutionStoppedAt) = (exitCode, at);
        Become("DEPROVISIONING", at);
        _plan.Enqueue((at + _options.Deprovisioning, end =>
        {
            StoppedAt = end;
            Become("STOPPED", end);
        }));
    }

    private void Become(string status, DateTimeOffset at)
    {
        (LastStatus, UpdatedAt) = (status, at);
        Version++;
        _changed(this, at);
    }
}
