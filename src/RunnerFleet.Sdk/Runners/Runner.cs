using System.Text.Json.Serialization;
using RunnerFleet.Jobs;

namespace RunnerFleet.Runners;

/// <summary>Our record of one single-use runner. Records are values: a change is a new record with the next <see cref="Version"/>, written on condition that the stored one is the version before.</summary>
public sealed record Runner
{
    /// <summary>A ULID: sorts by time of creation.</summary>
    public required string Id { get; init; }

    /// <summary>Counts the writes of this record, from 1.</summary>
    public required long Version { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required RunnerState State { get; init; }

    /// <summary>The job it was launched for, or really runs. <see langword="null"/> for a free runner.</summary>
    public JobKey? Job { get; init; }

    /// <summary>Where it registers.</summary>
    public required RunnerScope Scope { get; init; }

    /// <summary>The repository it was recorded for; limits and fairness count by it.</summary>
    public required RepositoryRef Repository { get; init; }

    /// <summary>What its labels ask for.</summary>
    public required RunnerSpec Spec { get; init; }

    /// <summary>The labels it registers with, as the job wrote them.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>Scope and label set as one word: jobs and runners of one key can replace each other (<see cref="Jobs.DemandKey"/>).</summary>
    public required string DemandKey { get; init; }

    /// <summary>When the job it was recorded for was queued: the order of service.</summary>
    public required DateTimeOffset QueuedAt { get; init; }

    /// <summary>The present launch attempt; 0 before the first.</summary>
    public int Attempt { get; init; }

    /// <summary>What the present attempt is; <see langword="null"/> before the first.</summary>
    public LaunchPlan? Plan { get; init; }

    /// <summary>Whether spot capacity was asked for in vain: there was none, or it was taken away before the job began. Later attempts may go on demand.</summary>
    public bool SpotFailed { get; init; }

    /// <summary>When the latest call that sends the present attempt has ended at the latest, on whichever host. Until then it may still start, though nothing of it is there.</summary>
    public DateTimeOffset? LaunchCallEnds { get; init; }

    /// <summary>What the launcher started; <see langword="null"/> until its reply is known.</summary>
    public ComputeRef? Compute { get; init; }

    /// <summary>Whether the compute of the present attempt is proven stopped, or proven never launched.</summary>
    public bool ComputeGone { get; init; }

    /// <summary>How the compute ended, as far as the launcher knows.</summary>
    public ComputeEnd? ComputeEnd { get; init; }

    /// <summary>How many registrations it was given.</summary>
    public int Claims { get; init; }

    /// <summary>Its latest registration at GitHub.</summary>
    public Registration? Registration { get; init; }

    /// <summary>When GitHub, or the runner's report, first showed it online. From then on its claim secret is dead.</summary>
    public DateTimeOffset? OnlineAt { get; init; }

    /// <summary>Whether its own report said that a job began.</summary>
    public bool ReportedStarted { get; init; }

    /// <summary>When GitHub first said "not busy" of it in a row of such answers.</summary>
    public DateTimeOffset? IdleSince { get; init; }

    /// <summary>Set when its end has begun.</summary>
    public Closing? Closing { get; init; }

    /// <summary>The keys of the places it holds. They are freed by these keys, in the write that empties this list.</summary>
    public IReadOnlyList<string> Places { get; init => field = value ?? []; } = [];

    /// <summary>PENDING: not to be launched before.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>PENDING and IMAGE_CREATING: what it waits for. WAITING_FOR_JOB: why its registration waits. Final states: why it ended.</summary>
    public Reason? Reason { get; init; }

    /// <summary>IMAGE_CREATING: the image builder's id of the build.</summary>
    public string? ImageBuildId { get; init; }

    /// <summary>When it was recorded.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it entered its present state.</summary>
    public required DateTimeOffset StateSince { get; init; }

    /// <summary>When it is to be looked at again. <see langword="null"/> when there is nothing left to do.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>After this moment the record may vanish.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What happened, oldest first.</summary>
    public IReadOnlyList<RunnerMove> History { get; init => field = value ?? []; } = [];

    /// <summary>
    /// The queue it waits in while PENDING: its repository (by the numeric id, which survives a rename; by name where a payload told no id) and its class. Of each
    /// queue the oldest goes first, and no queue waits behind another, so that neither a large matrix nor a class at its limit holds up the rest.
    /// </summary>
    [JsonIgnore]
    public string QueueKey => Repository.Id != 0
        ? FormattableString.Invariant($"{Scope.Host}/{Repository.Id}|{Spec.ClassName}")
        : $"{Scope.Host}/{Repository.FullName}|{Spec.ClassName}".ToLowerInvariant();

    /// <summary>Whether the state is final.</summary>
    [JsonIgnore]
    public bool IsTerminal => RunnerTransitions.IsTerminal(State);

    /// <summary>Whether it can still take a job: alive, not ending, and not known to run one.</summary>
    [JsonIgnore]
    public bool IsFree => Closing is null && State is (RunnerState.Pending or RunnerState.ImageCreating or RunnerState.Starting or RunnerState.WaitingForJob);
}
