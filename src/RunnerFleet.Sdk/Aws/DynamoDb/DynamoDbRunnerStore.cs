using System.Globalization;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Microsoft.Extensions.Logging;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>Keeps a fleet in two DynamoDB tables. docs/design/dynamodb.md says how, and what each question costs.</summary>
internal sealed class DynamoDbRunnerStore : IRunnerStore
{
    private readonly DynamoDbConnection _connection;
    private readonly DynamoDbWriter _writer;
    private readonly RecordTable<Runner, RunnerState> _runners;
    private readonly RecordListing<Runner, RunnerState> _runnerLists;
    private readonly PendingRunners _pending;
    private readonly RecordTable<Job, JobState> _jobs;
    private readonly RecordListing<Job, JobState> _jobLists;
    private readonly string _stateTable;
    private readonly string _fleet;

    /// <param name="client">The client.</param>
    /// <param name="options">The tables.</param>
    /// <param name="fleet">The fleet's name.</param>
    /// <param name="clock">What waits are measured by.</param>
    /// <param name="random">Makes tokens and the lengths of waits.</param>
    /// <param name="logger">Is told of what goes on.</param>
    public DynamoDbRunnerStore(IAmazonDynamoDB client, DynamoDbStoreOptions options, string fleet, TimeProvider clock, Random random, ILogger<DynamoDbRunnerStore> logger)
    {
        _stateTable = options.StateTableName();
        _fleet = fleet;
        var (runners, jobs) = (new RunnerKind(options.RunnerTable, fleet), new JobKind(_stateTable, fleet));
        _connection = new(client, clock, random);
        _writer = new(_connection, runners, jobs, random, logger);
        _runners = new(_connection, runners, clock, logger);
        _runnerLists = new(_runners, runners, clock);
        _pending = new(_runners, _runnerLists);
        _jobs = new(_connection, jobs, clock, logger);
        _jobLists = new(_jobs, jobs, clock);
    }

    public async ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(commit);
        CommitRules.RefuseDoubles(commit);
        var outcome = await _writer.CommitAsync(commit, cancellationToken).ConfigureAwait(false);
        if (outcome is CommitOutcome.Committed)
        {
            _runners.Fresh.Written(commit.Runners);
            _jobs.Fresh.Written(commit.Jobs);
        }

        return outcome;
    }

    /// <summary>Time to live does this.</summary>
    public ValueTask<int> PurgeExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(0);
    }

    public ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken) => _runners.FindAsync(runnerId, cancellationToken);

    public ValueTask<IReadOnlyList<Runner>> ListPendingAsync(PendingQuery query, CancellationToken cancellationToken) => _pending.ListAsync(query, cancellationToken);

    public ValueTask<IReadOnlyList<Runner>> ListDueRunnersAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) => _runners.ListDueAsync(now, take, cancellationToken);

    public ValueTask<IReadOnlyList<Runner>> ListFreeRunnersAsync(string demandKey, int take, CancellationToken cancellationToken) => _runners.ListOfDemandAsync(demandKey, take, cancellationToken);

    public ValueTask<Page<Runner>> ListRunnersAsync(RunnerQuery query, CancellationToken cancellationToken) =>
        _runnerLists.PageAsync(query.States, query.Take, query.Continuation, cancellationToken);

    public ValueTask<IReadOnlyDictionary<RunnerState, long>> CountRunnersAsync(CancellationToken cancellationToken) => _runnerLists.CountAsync(cancellationToken);

    public ValueTask<Job?> GetJobAsync(JobKey key, CancellationToken cancellationToken) => _jobs.FindAsync(key.ToString(), cancellationToken);

    public ValueTask<IReadOnlyList<Job>> ListDueJobsAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) => _jobs.ListDueAsync(now, take, cancellationToken);

    public ValueTask<IReadOnlyList<Job>> ListQueuedJobsAsync(string demandKey, int take, CancellationToken cancellationToken) => _jobs.ListOfDemandAsync(demandKey, take, cancellationToken);

    public ValueTask<Page<Job>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) => _jobLists.PageAsync(query.States, query.Take, query.Continuation, cancellationToken);

    public ValueTask<IReadOnlyDictionary<JobState, long>> CountJobsAsync(CancellationToken cancellationToken) => _jobLists.CountAsync(cancellationToken);

    public async ValueTask<IReadOnlyDictionary<string, int>> GetPlacesAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        var counts = keys.Distinct(StringComparer.Ordinal).ToDictionary(key => key, _ => 0, StringComparer.Ordinal);
        foreach (var place in await _connection.GetAsync(_stateTable, counts.Keys.Select(key => StateTable.PlaceKey(_fleet, key)), cancellationToken).ConfigureAwait(false))
        {
            counts[place[Attributes.SortKey].S] = int.Parse(place[Attributes.Taken].N, CultureInfo.InvariantCulture);
        }

        return counts;
    }

    public async ValueTask<StoreEntry?> GetEntryAsync(string key, CancellationToken cancellationToken) =>
        await _connection.GetAsync(_stateTable, StateTable.EntryKey(_fleet, key), cancellationToken).ConfigureAwait(false) is { } item ? StateTable.ReadEntry(item) : null;

    public async ValueTask<IReadOnlyList<StoreEntry>> ListEntriesAsync(string prefix, int take, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (take <= 0)
        {
            return [];
        }

        var entries = new List<StoreEntry>();
        await foreach (var page in _connection.QueryAsync(EntriesWith(prefix, take), cancellationToken).ConfigureAwait(false))
        {
            entries.AddRange(page.Items.Select(StateTable.ReadEntry));
            if (entries.Count >= take)
            {
                break;
            }
        }

        // DynamoDB's order is that of UTF-8, which differs from the ordinal one beyond the basic plane.
        return [.. entries.Take(take).OrderBy(entry => entry.Key, StringComparer.Ordinal)];
    }

    private QueryRequest EntriesWith(string prefix, int take)
    {
        var query = new QueryRequest
        {
            TableName = _stateTable,
            ConsistentRead = true,
            Limit = take,
            KeyConditionExpression = $"{Attributes.PartitionKey} = :partition",
            ExpressionAttributeValues = new() { [":partition"] = new() { S = StateTable.EntryPartition(_fleet) } },
        };
        if (prefix.Length > 0) // a key is never empty, nor may what it begins with be
        {
            query.KeyConditionExpression += $" AND begins_with({Attributes.SortKey}, :prefix)";
            query.ExpressionAttributeValues[":prefix"] = new() { S = prefix };
        }

        return query;
    }
}
