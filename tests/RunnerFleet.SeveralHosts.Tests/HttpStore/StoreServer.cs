using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using RunnerFleet.Jobs;
using RunnerFleet.Storage;

namespace RunnerFleet.SeveralHosts.Tests.HttpStore;

/// <summary>Serves one store on a port of 127.0.0.1.</summary>
internal sealed class StoreServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly IRunnerStore _store;
    private readonly StoreFaults? _faults;

    private StoreServer(WebApplication app, IRunnerStore store, StoreFaults? faults) => (_app, _store, _faults) = (app, store, faults);

    public Uri Url => new(_app.Urls.First());

    public static async Task<StoreServer> StartAsync(IRunnerStore store, StoreFaults? faults = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var server = new StoreServer(app, store, faults);
        app.Run(server.AnswerAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var operation = http.Request.Path.Value!.TrimStart('/');
        var (fault, delay) = _faults?.Next(operation == nameof(IRunnerStore.CommitAsync)) ?? default;
        if (fault == StoreFault.Unavailable)
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        if (fault == StoreFault.SlowToCome)
        {
            await Task.Delay(delay, TimeProvider.System, CancellationToken.None);
        }

        object? answer;
        try
        {
            answer = fault == StoreFault.Conflict ? new StoreWire.CommitAnswer(Conflict: ["somebody else"]) : await DoAsync(operation, http);
        }
        catch (ArgumentException e)
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            await http.Response.WriteAsync(e.Message, http.RequestAborted);
            return;
        }

        if (fault == StoreFault.LostReply)
        {
            http.Abort();
            return;
        }

        if (fault == StoreFault.SlowToAnswer)
        {
            await Task.Delay(delay, TimeProvider.System, CancellationToken.None);
        }

        await http.Response.WriteAsJsonAsync(answer, answer?.GetType() ?? typeof(object), StoreWire.Json, http.RequestAborted);
    }

    // What has begun here is done, whether or not its caller still waits.
    private async Task<object?> DoAsync(string operation, HttpContext http)
    {
        async Task<T> ReadAsync<T>() => (await http.Request.ReadFromJsonAsync<T>(StoreWire.Json, http.RequestAborted))!;
        switch (operation)
        {
            case nameof(IRunnerStore.CommitAsync):
                return await _store.CommitAsync(await ReadAsync<StoreCommit>(), CancellationToken.None) switch
                {
                    CommitOutcome.Conflict c => new StoreWire.CommitAnswer(Conflict: c.Keys),
                    CommitOutcome.NoPlace n => new StoreWire.CommitAnswer(NoPlace: n.Keys),
                    _ => new StoreWire.CommitAnswer(),
                };
            case nameof(IRunnerStore.PurgeExpiredAsync):
                return await _store.PurgeExpiredAsync(await ReadAsync<DateTimeOffset>(), CancellationToken.None);
            case nameof(IRunnerStore.GetRunnerAsync):
                return await _store.GetRunnerAsync(await ReadAsync<string>(), CancellationToken.None);
            case nameof(IRunnerStore.ListPendingAsync):
                return await _store.ListPendingAsync(await ReadAsync<PendingQuery>(), CancellationToken.None);
            case nameof(IRunnerStore.ListDueRunnersAsync):
                return await ReadAsync<StoreWire.Due>() is var runners ? await _store.ListDueRunnersAsync(runners.Now, runners.Take, CancellationToken.None) : null;
            case nameof(IRunnerStore.ListFreeRunnersAsync):
                return await ReadAsync<StoreWire.Under>() is var free ? await _store.ListFreeRunnersAsync(free.Key, free.Take, CancellationToken.None) : null;
            case nameof(IRunnerStore.ListRunnersAsync):
                return await _store.ListRunnersAsync(await ReadAsync<RunnerQuery>(), CancellationToken.None);
            case nameof(IRunnerStore.CountRunnersAsync):
                return await _store.CountRunnersAsync(CancellationToken.None);
            case nameof(IRunnerStore.GetJobAsync):
                return await _store.GetJobAsync(await ReadAsync<JobKey>(), CancellationToken.None);
            case nameof(IRunnerStore.ListDueJobsAsync):
                return await ReadAsync<StoreWire.Due>() is var jobs ? await _store.ListDueJobsAsync(jobs.Now, jobs.Take, CancellationToken.None) : null;
            case nameof(IRunnerStore.ListQueuedJobsAsync):
                return await ReadAsync<StoreWire.Under>() is var queued ? await _store.ListQueuedJobsAsync(queued.Key, queued.Take, CancellationToken.None) : null;
            case nameof(IRunnerStore.ListJobsAsync):
                return await _store.ListJobsAsync(await ReadAsync<JobQuery>(), CancellationToken.None);
            case nameof(IRunnerStore.CountJobsAsync):
                return await _store.CountJobsAsync(CancellationToken.None);
            case nameof(IRunnerStore.GetPlacesAsync):
                return await _store.GetPlacesAsync(await ReadAsync<string[]>(), CancellationToken.None);
            case nameof(IRunnerStore.GetEntryAsync):
                return await _store.GetEntryAsync(await ReadAsync<string>(), CancellationToken.None);
            case nameof(IRunnerStore.ListEntriesAsync):
                return await ReadAsync<StoreWire.Under>() is var entries ? await _store.ListEntriesAsync(entries.Key, entries.Take, CancellationToken.None) : null;
            default:
                throw new ArgumentException($"The store has no operation {operation}.", nameof(operation));
        }
    }
}
