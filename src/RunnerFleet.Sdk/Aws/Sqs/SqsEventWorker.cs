using Amazon.SQS.Model;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RunnerFleet.Aws.Sqs;

/// <summary>Receives events of AWS from their queue for as long as the host runs. Where that queue carries hints too, it is the only receiver in this process, and passes them on.</summary>
internal sealed class SqsEventWorker : BackgroundService
{
    private const int AtOnce = SqsInbox.MostMessages;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    private readonly SqsInbox _inbox;
    private readonly SqsHints _hints;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly string? _queue;
    private readonly bool _carriesHints;
    private string? _failure;

    public SqsEventWorker(SqsInbox inbox, SqsHints hints, IOptions<SqsQueueOptions> options, TimeProvider clock, ILogger<SqsEventWorker> logger)
    {
        (_inbox, _hints, _clock, _logger) = (inbox, hints, clock, logger);
        _queue = options.Value.EventsQueueUrl?.AbsoluteUri;
        _carriesHints = _queue is not null && _queue == options.Value.QueueUrl?.AbsoluteUri;
        _hints.AreReceived = _carriesHints; // here: a host makes all its services before it starts the first
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_queue is null)
        {
            return;
        }

        using var free = new SemaphoreSlim(AtOnce, AtOnce);
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await ReceiveAsync(_queue, free, stoppingToken).ConfigureAwait(false);
            }
        }
        finally
        {
            for (var i = 0; i < AtOnce; i++)
            {
                await free.WaitAsync(CancellationToken.None).ConfigureAwait(false); // what is being handled ends with the same token
            }
        }
    }

    private async Task ReceiveAsync(string queue, SemaphoreSlim free, CancellationToken stoppingToken)
    {
        await free.WaitAsync(stoppingToken).ConfigureAwait(false);
        free.Release();
        try
        {
            var messages = await _inbox.ReceiveAsync(queue, free.CurrentCount, SqsInbox.LongestWait, stoppingToken).ConfigureAwait(false);
            _failure = null;
            foreach (var message in messages)
            {
                await free.WaitAsync(CancellationToken.None).ConfigureAwait(false); // at once: no more were asked for than are free
                _ = HandleAsync(queue, message, free, stoppingToken);
            }
        }
#pragma warning disable CA1031 // a queue that fails must not end the host
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            if (_failure != e.Message)
            {
                _failure = e.Message;
                _logger.NotReceived(queue, e);
            }

            await Task.Delay(RetryDelay, _clock, stoppingToken).ConfigureAwait(false);
        }
    }

    private async Task HandleAsync(string queue, Message message, SemaphoreSlim free, CancellationToken stoppingToken)
    {
        try
        {
            if (await _inbox.HandleAsync(queue, message, drainsByItself: !_carriesHints, stoppingToken).ConfigureAwait(false))
            {
                _hints.Receive();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // not done, so it comes again
        }
        finally
        {
            free.Release();
        }
    }
}
