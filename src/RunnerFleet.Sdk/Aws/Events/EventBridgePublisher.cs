using System.Net;
using Amazon.Runtime;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Provisioning;

namespace RunnerFleet.Aws.Events;

/// <summary>Keeps moves until EventBridge has taken them. One batch is under way at a time, so that moves keep their order as far as EventBridge keeps it.</summary>
internal sealed class EventBridgePublisher(IEventBridgeApi eventBridge, IOptions<EventBridgeOptions> options, IOptionsMonitor<RunnerFleetOptions> fleet, TimeProvider clock, ILogger<EventBridgePublisher> logger)
    : IFleetObserver, IEventBridgePublisher, IDisposable
{
    private const int BatchSize = 10; // PutEvents takes no more
    private const int TriesOfFlush = 3;
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    private readonly WaitingMoves _waiting = new();
    private readonly SemaphoreSlim _sending = new(1, 1);

    public void OnMove(FleetMove move)
    {
        if (RunnerMoved.EntryOf(move, fleet.CurrentValue.Name, options.Value.EventBusName) is { } entry)
        {
            _waiting.Add(entry, options.Value.MaxWaiting);
        }
    }

    public Task FlushAsync(CancellationToken cancellationToken) => SendAllAsync(TriesOfFlush, cancellationToken);

    /// <summary>Waits for moves and publishes them, for as long as it takes.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await _waiting.WaitAsync(cancellationToken).ConfigureAwait(false);
            await SendAllAsync(int.MaxValue, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _sending.Dispose();
        _waiting.Dispose();
    }

    private async Task SendAllAsync(int tries, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var failed = 0; failed < tries && _waiting.Take(BatchSize) is { Count: > 0 } batch;)
            {
                SayWhatIsLost();
                if (await SendAsync(batch, cancellationToken).ConfigureAwait(false))
                {
                    failed = 0;
                }
                else if (++failed < tries)
                {
                    await Task.Delay(DelayAfter(failed), clock, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    private void SayWhatIsLost()
    {
        if (_waiting.TakeLost() is > 0 and var lost)
        {
            logger.MovesDropped(lost, options.Value.EventBusName);
        }
    }

    /// <returns>Whether nothing of it waits any more.</returns>
    private async Task<bool> SendAsync(List<EventBridgeEntry> batch, CancellationToken cancellationToken)
    {
        var remaining = batch;
        var bus = batch[0].EventBusName;
        try
        {
            var results = await Bounded.CallAsync(token => eventBridge.PutEventsAsync(batch, token), CallTimeout, clock, cancellationToken).ConfigureAwait(false);
            if (results.Count != batch.Count)
            {
                throw new InvalidDataException($"The answer speaks of {results.Count} of {batch.Count} events.");
            }

            var failures = batch.Zip(results, (entry, result) => (Entry: entry, Result: result)).Where(pair => pair.Result.ErrorCode is not null).ToList();
            foreach (var refused in failures.Where(pair => !MayPass(pair.Result.ErrorCode)).GroupBy(pair => pair.Result.ErrorCode))
            {
                logger.MovesRefused(refused.Count(), bus, refused.Key, refused.First().Result.ErrorMessage);
            }

            remaining = [.. failures.Where(pair => MayPass(pair.Result.ErrorCode)).Select(pair => pair.Entry)];
            if (remaining.Count > 0)
            {
                logger.MovesWait(remaining.Count, bus, failures.Find(pair => MayPass(pair.Result.ErrorCode)).Result.ErrorMessage);
            }
        }
        catch (AmazonServiceException refused) when (refused.StatusCode is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError && !MayPass(refused.ErrorCode))
        {
            remaining = [];
            logger.MovesRefused(batch.Count, bus, refused.ErrorCode, refused.Message);
        }
#pragma warning disable CA1031 // whatever happened, the moves are still here
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            logger.MovesWait(batch.Count, bus, e.Message);
        }
        finally
        {
            _waiting.Return(remaining, options.Value.MaxWaiting);
        }

        return remaining.Count == 0;
    }

    // Of an entry's errors only these pass by themselves (EventBridge API Reference, PutEvents); the others are those of a request that was throttled as a whole.
    // A request with credentials that have just expired is refused by its signature; the next has new ones.
    private static bool MayPass(string? code) =>
        code is "ThrottlingException" or "InternalFailure" or "InternalException" or "Throttling" or "RequestLimitExceeded" or "ExpiredToken" or "ExpiredTokenException" or "RequestExpired";

    private static TimeSpan DelayAfter(int failures)
    {
        var delay = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(failures - 1, 10)));
        return delay < LongestDelay ? delay : LongestDelay;
    }
}
