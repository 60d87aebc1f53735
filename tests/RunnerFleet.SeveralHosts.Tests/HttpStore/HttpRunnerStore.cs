using System.Net;
using System.Net.Http.Json;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.SeveralHosts.Tests.HttpStore;

/// <summary>A store on the other side of a network: every answer can be slow, refused, or lost after its effect.</summary>
internal sealed class HttpRunnerStore(Uri server) : IRunnerStore, IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };

    public void Dispose() => _http.Dispose();

    public async ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(commit);
        return await AskAsync<StoreWire.CommitAnswer>(nameof(CommitAsync), commit, cancellationToken) switch
        {
            { Conflict: { } keys } => new CommitOutcome.Conflict(keys),
            { NoPlace: { } keys } => new CommitOutcome.NoPlace(keys),
            _ => CommitOutcome.Committed.Instance,
        };
    }

    public ValueTask<int> PurgeExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken) => AskAsync<int>(nameof(PurgeExpiredAsync), now, cancellationToken);

    public async ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken) => await AskAsync<Runner?>(nameof(GetRunnerAsync), runnerId, cancellationToken);

    public async ValueTask<IReadOnlyList<Runner>> ListPendingAsync(PendingQuery query, CancellationToken cancellationToken) => await AskAsync<Runner[]>(nameof(ListPendingAsync), query, cancellationToken);

    public async ValueTask<IReadOnlyList<Runner>> ListDueRunnersAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) => await AskAsync<Runner[]>(nameof(ListDueRunnersAsync), new StoreWire.Due(now, take), cancellationToken);

    public async ValueTask<IReadOnlyList<Runner>> ListFreeRunnersAsync(string demandKey, int take, CancellationToken cancellationToken) => await AskAsync<Runner[]>(nameof(ListFreeRunnersAsync), new StoreWire.Under(demandKey, take), cancellationToken);

    public ValueTask<Page<Runner>> ListRunnersAsync(RunnerQuery query, CancellationToken cancellationToken) => AskAsync<Page<Runner>>(nameof(ListRunnersAsync), query, cancellationToken);

    public async ValueTask<IReadOnlyDictionary<RunnerState, long>> CountRunnersAsync(CancellationToken cancellationToken) => await AskAsync<Dictionary<RunnerState, long>>(nameof(CountRunnersAsync), "", cancellationToken);

    public async ValueTask<Job?> GetJobAsync(JobKey key, CancellationToken cancellationToken) => await AskAsync<Job?>(nameof(GetJobAsync), key, cancellationToken);

    public async ValueTask<IReadOnlyList<Job>> ListDueJobsAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) => await AskAsync<Job[]>(nameof(ListDueJobsAsync), new StoreWire.Due(now, take), cancellationToken);

    public async ValueTask<IReadOnlyList<Job>> ListQueuedJobsAsync(string demandKey, int take, CancellationToken cancellationToken) => await AskAsync<Job[]>(nameof(ListQueuedJobsAsync), new StoreWire.Under(demandKey, take), cancellationToken);

    public ValueTask<Page<Job>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) => AskAsync<Page<Job>>(nameof(ListJobsAsync), query, cancellationToken);

    public async ValueTask<IReadOnlyDictionary<JobState, long>> CountJobsAsync(CancellationToken cancellationToken) => await AskAsync<Dictionary<JobState, long>>(nameof(CountJobsAsync), "", cancellationToken);

    public async ValueTask<IReadOnlyDictionary<string, int>> GetPlacesAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) => await AskAsync<Dictionary<string, int>>(nameof(GetPlacesAsync), keys, cancellationToken);

    public async ValueTask<StoreEntry?> GetEntryAsync(string key, CancellationToken cancellationToken) => await AskAsync<StoreEntry?>(nameof(GetEntryAsync), key, cancellationToken);

    public async ValueTask<IReadOnlyList<StoreEntry>> ListEntriesAsync(string prefix, int take, CancellationToken cancellationToken) => await AskAsync<StoreEntry[]>(nameof(ListEntriesAsync), new StoreWire.Under(prefix, take), cancellationToken);

    private async ValueTask<T> AskAsync<T>(string operation, object arguments, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.PostAsync(operation, JsonContent.Create(arguments, arguments.GetType(), options: StoreWire.Json), cancellationToken);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => (await answer.Content.ReadFromJsonAsync<T>(StoreWire.Json, cancellationToken))!,
                HttpStatusCode.BadRequest => throw new ArgumentException(await answer.Content.ReadAsStringAsync(cancellationToken)),
                _ => throw new StoreUnavailableException($"The store answered {(int)answer.StatusCode} to {operation}."),
            };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new StoreUnavailableException($"The store's answer to {operation} did not come: {e.Message}", e);
        }
    }
}
