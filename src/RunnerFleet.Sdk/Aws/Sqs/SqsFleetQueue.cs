using Amazon.SQS;
using Amazon.SQS.Model;
using Microsoft.Extensions.Options;
using RunnerFleet.Aws.Events;
using RunnerFleet.Provisioning;

namespace RunnerFleet.Aws.Sqs;

/// <summary>
/// Hints between hosts, as messages of SQS: one of the hosts that wait gets each. Whoever waits receives, and does what else it finds in the queue on the way; where a hosted service receives from it already, a wait is for what that finds.
/// </summary>
internal sealed class SqsFleetQueue(IAmazonSQS sqs, SqsInbox inbox, SqsHints hints, IOptions<SqsQueueOptions> options, TimeProvider clock) : IFleetQueue
{
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(3); // a webhook is answered after it, and GitHub waits 10 s

    private string Url => options.Value.QueueUrl!.AbsoluteUri;

    public async ValueTask HintAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        if (hints.Plan(delay) is not { } seconds)
        {
            return;
        }

        try
        {
            var request = new SendMessageRequest { QueueUrl = Url, MessageBody = AwsEventParser.DrainHint, DelaySeconds = seconds };
            await Bounded.CallAsync(token => sqs.SendMessageAsync(request, token), SendTimeout, clock, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            hints.Forget();
            throw;
        }
    }

    public async ValueTask WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var until = clock.GetUtcNow() + atMost;
        using var limit = new CancellationTokenSource(atMost, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            if (hints.AreReceived)
            {
                await hints.WaitAsync(either.Token).ConfigureAwait(false);
            }
            else if (!await ReceiveAsync(until, either.Token, cancellationToken).ConfigureAwait(false))
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, clock, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
        }
    }

    /// <returns>Whether a hint came; <see langword="false"/> in the last second or two, for which no request is worth while.</returns>
    private async Task<bool> ReceiveAsync(DateTimeOffset until, CancellationToken inTime, CancellationToken cancellationToken)
    {
        TimeSpan left;
        do
        {
            // It ends a second early, so that it is not cut off: what is then on its way back would stay hidden until its visibility timeout ends.
            left = until - clock.GetUtcNow();
            var wait = Math.Clamp((int)left.TotalSeconds - 1, 0, SqsInbox.LongestWait);
            var messages = await inbox.ReceiveAsync(Url, SqsInbox.MostMessages, wait, inTime).ConfigureAwait(false);
            var handled = Task.WhenAll(messages.Select(message => inbox.HandleAsync(Url, message, drainsByItself: false, cancellationToken)));
            var areHints = await handled.WaitAsync(inTime).ConfigureAwait(false); // an event that takes longer than the wait goes on without it
            if (areHints.Contains(true))
            {
                return true;
            }

            left = until - clock.GetUtcNow();
        }
        while (left > TimeSpan.FromSeconds(2));
        return false;
    }
}
