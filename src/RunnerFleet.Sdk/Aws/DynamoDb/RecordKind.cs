using Amazon.DynamoDBv2.Model;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>What tells runners from jobs, as far as keeping them goes.</summary>
internal abstract class RecordKind<TRecord, TState>(string table, string fleet)
    where TRecord : class
    where TState : struct, Enum
{
    public string Table { get; } = table;

    public string Fleet { get; } = fleet;

    /// <summary>What a listing of them is called in continuations and messages.</summary>
    public abstract string Listing { get; }

    /// <summary>States in which nothing is left to do, unless there is a deadline.</summary>
    public abstract IReadOnlyList<TState> EndedStates { get; }

    /// <summary>Those that a record may leave again.</summary>
    public abstract IReadOnlyList<TState> ReopenedStates { get; }

    public abstract Dictionary<string, AttributeValue> KeyOf(string id);

    /// <summary>Reads the id from the key of an item or of an entry in an index.</summary>
    public abstract string IdOf(Dictionary<string, AttributeValue> item);

    public abstract RecordFacts<TState> FactsOf(TRecord record);

    public abstract Item ItemOf(TRecord record);

    public abstract long VersionOf(TRecord record);

    public abstract TRecord Read(ReadOnlySpan<byte> utf8);

    protected bool IsLive(RecordFacts<TState> facts) => facts.Deadline is not null || !EndedStates.Contains(facts.State);
}

internal sealed class RunnerKind(string table, string fleet) : RecordKind<Runner, RunnerState>(table, fleet)
{
    public override string Listing => "runners";

    public override IReadOnlyList<RunnerState> EndedStates { get; } = [RunnerState.Offline, RunnerState.Failed];

    public override IReadOnlyList<RunnerState> ReopenedStates => [];

    public override Dictionary<string, AttributeValue> KeyOf(string id) => new() { [Attributes.RunnerId] = new() { S = id } };

    public override string IdOf(Dictionary<string, AttributeValue> item) => item[Attributes.RunnerId].S;

    public override RecordFacts<RunnerState> FactsOf(Runner runner) => new(
        runner.Id, runner.State, runner.CreatedAt, runner.Deadline, runner.ExpiresAt,
        runner.IsFree ? (runner.DemandKey, new ListPosition(runner.CreatedAt, runner.Id)) : null);

    public override Item ItemOf(Runner runner)
    {
        var facts = FactsOf(runner);
        var isPending = runner.State is RunnerState.Pending;
        return OriginalAttributes.Of(runner)
            .WithRecord(Fleet, runner.Version, RecordJson.Serialize(runner), facts, IsLive(facts))
            .With(Attributes.Queue, isPending ? runner.QueueKey : null)
            .With(Attributes.QueuedTicks, isPending ? runner.QueuedAt.UtcTicks : null)
            .With(Attributes.NotBeforeTicks, isPending ? runner.NotBefore?.UtcTicks : null);
    }

    public override long VersionOf(Runner runner) => runner.Version;

    public override Runner Read(ReadOnlySpan<byte> utf8) => RecordJson.DeserializeRunner(utf8);
}

internal sealed class JobKind(string table, string fleet) : RecordKind<Job, JobState>(table, fleet)
{
    private readonly string _prefix = $"{fleet}#job#";

    public override string Listing => "jobs";

    public override IReadOnlyList<JobState> EndedStates { get; } = [JobState.Refused, JobState.GaveUp, JobState.Completed];

    public override IReadOnlyList<JobState> ReopenedStates { get; } = [JobState.Refused, JobState.GaveUp];

    // A partition for each job: one for all would be as hot as the fleet is busy.
    public override Dictionary<string, AttributeValue> KeyOf(string id) => StateTable.Key(_prefix + id, "job");

    public override string IdOf(Dictionary<string, AttributeValue> item) => item[Attributes.PartitionKey].S[_prefix.Length..];

    public override RecordFacts<JobState> FactsOf(Job job) => new(
        job.Key.ToString(), job.State, job.CreatedAt, job.Deadline, job.ExpiresAt,
        job.State is JobState.Queued ? (job.DemandKey, new ListPosition(job.QueuedAt, job.Key.ToString())) : null);

    public override Item ItemOf(Job job)
    {
        var facts = FactsOf(job);
        var item = new Item();
        foreach (var (name, value) in KeyOf(facts.Id))
        {
            item.With(name, value.S);
        }

        return item.WithRecord(Fleet, job.Version, RecordJson.Serialize(job), facts, IsLive(facts));
    }

    public override long VersionOf(Job job) => job.Version;

    public override Job Read(ReadOnlySpan<byte> utf8) => RecordJson.DeserializeJob(utf8);
}
