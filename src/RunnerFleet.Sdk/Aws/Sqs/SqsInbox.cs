using System.Text;
using Amazon.SQS;
using Amazon.SQS.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Aws.Events;
using RunnerFleet.Provisioning;

namespace RunnerFleet.Aws.Sqs;

/// <summary>
/// Receives messages and does what each says, by itself: one that fails, or hangs, holds up no other. A message is deleted when it is done, and when it says nothing to this fleet. What fails, and what nobody understands, stays:
/// it comes again, and a redrive policy takes it to where a person finds it.
/// </summary>
internal sealed class SqsInbox(IAmazonSQS sqs, IServiceProvider services, IOptions<SqsQueueOptions> options, IOptionsMonitor<RunnerFleetOptions> fleet, TimeProvider clock, ILogger<SqsInbox> logger)
{
    public const int MostMessages = 10; // ReceiveMessage returns no more, and waits no longer
    public const int LongestWait = 20;

    public async Task<IReadOnlyList<Message>> ReceiveAsync(string queue, int most, int waitSeconds, CancellationToken cancellationToken)
    {
        var request = new ReceiveMessageRequest
        {
            QueueUrl = queue,
            MaxNumberOfMessages = most,
            WaitTimeSeconds = waitSeconds,
            VisibilityTimeout = options.Value.VisibilitySeconds,
        };
        return (await sqs.ReceiveMessageAsync(request, cancellationToken).ConfigureAwait(false)).Messages ?? [];
    }

    /// <returns>Whether it was a hint to drain. That is left to the caller.</returns>
    public async Task<bool> HandleAsync(string queue, Message message, bool drainsByItself, CancellationToken cancellationToken)
    {
        var seconds = options.Value.VisibilitySeconds;
        try
        {
            var (isHint, isDone) = await Bounded.CallAsync(token => ReadAsync(message, drainsByItself, token), TimeSpan.FromSeconds(seconds), clock, cancellationToken).ConfigureAwait(false);
            if (isDone)
            {
                await DeleteAsync(queue, message, cancellationToken).ConfigureAwait(false);
            }

            return isHint;
        }
        catch (TimeoutException)
        {
            logger.MessageTooSlow(message.MessageId, queue, seconds);
        }
#pragma warning disable CA1031 // one bad message stays one bad message
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            logger.MessageFailed(message.MessageId, queue, e);
        }

        return false;
    }

    private async Task<(bool IsHint, bool IsDone)> ReadAsync(Message message, bool drainsByItself, CancellationToken cancellationToken)
    {
        var read = AwsEventParser.Parse(Encoding.UTF8.GetBytes(message.Body), fleet.CurrentValue.Name);
        if (read is AwsEvent.Drain && !drainsByItself)
        {
            return (true, true);
        }

        var events = services.GetRequiredService<AwsEvents>(); // asked for late: the fleet hints through this queue, so it is made after it
        var outcome = await events.HandleAsync(read, message.MessageId, cancellationToken).ConfigureAwait(false);
        return (false, !outcome.ShouldComeAgain);
    }

    private async Task DeleteAsync(string queue, Message message, CancellationToken cancellationToken)
    {
        try
        {
            await sqs.DeleteMessageAsync(queue, message.ReceiptHandle, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // everything in a queue may come twice
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            logger.NotDeleted(message.MessageId, queue, e);
        }
    }
}
