using Microsoft.Extensions.Logging;
using RunnerFleet.Provisioning;

namespace RunnerFleet.Aws.Events;

/// <summary>
/// Hands to a fleet what AWS hands to its host: events of EventBridge (state changes of ECS tasks and CodeBuild builds, schedules, the custom <c>runner-status</c> and <c>image-build</c> of source <c>ecs-runner</c>),
/// batches of SQS that hold such events, and the fleet's own hints. Host-neutral: a Lambda function, a queue's receiver and a route can all call it. Safe for any number of callers.
/// </summary>
/// <remarks>
/// <para>A schedule asks for a sweep: a rule of EventBridge by its "Scheduled Event", EventBridge Scheduler by the input <c>{"runnerfleet":"sweep"}</c>; <c>{"runnerfleet":"drain"}</c> asks for a drain.</para>
/// <para>Everything here may come twice, late, or from whoever may put events: news is checked against the records, and a <c>runner-status</c> only causes a look.</para>
/// </remarks>
/// <param name="fleet">The fleet.</param>
/// <param name="logger">Told of what fails, and of what nobody understands.</param>
public sealed class AwsEvents(IRunnerFleet fleet, ILogger<AwsEvents> logger)
{
    private const int AtOnce = 8;

    /// <summary>Tells what a payload is, by its shape alone, for a host that takes only some kinds.</summary>
    /// <param name="payload">The payload as it came.</param>
    public AwsEventKind KindOf(ReadOnlyMemory<byte> payload) => AwsEventParser.Parse(payload, fleet.Name) switch
    {
        AwsEvent.Batch => AwsEventKind.Batch,
        AwsEvent.News => AwsEventKind.News,
        AwsEvent.Drain => AwsEventKind.Drain,
        AwsEvent.Sweep => AwsEventKind.Sweep,
        AwsEvent.NotOurs => AwsEventKind.NotOurs,
        _ => AwsEventKind.Unreadable,
    };

    /// <summary>Reads a payload and has the fleet do what it asks for. Many drains of one batch become one.</summary>
    /// <param name="payload">The payload as it came, UTF-8 JSON.</param>
    /// <param name="cancellationToken">Ends the work; what was not finished counts as failed.</param>
    /// <returns>What became of it, message by message. One bad message fails no other. Nothing is thrown, whatever came and whatever failed.</returns>
    public async Task<AwsEventAnswer> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var read = AwsEventParser.Parse(payload, fleet.Name);
        var isBatch = read is AwsEvent.Batch;
        IReadOnlyList<(string? Id, AwsEvent Event)> events = read is AwsEvent.Batch batch ? [.. batch.Messages.Select(message => ((string?)message.Id, message.Event))] : [(null, read)];

        // News first: a drain then finds what it changed.
        var news = await Concurrently.ForEachAsync(events, AtOnce, async (item, _) => item.Event is AwsEvent.Drain or AwsEvent.Sweep ? null : await HandleAsync(item.Event, item.Id, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        var round = events.Any(item => item.Event is AwsEvent.Sweep) ? await HandleAsync(new AwsEvent.Sweep(), null, cancellationToken).ConfigureAwait(false) // it drains too
            : events.Any(item => item.Event is AwsEvent.Drain) ? await HandleAsync(new AwsEvent.Drain(), null, cancellationToken).ConfigureAwait(false)
            : null;
        return new AwsEventAnswer { IsBatch = isBatch, Outcomes = [.. events.Select((item, i) => news[i] ?? round! with { MessageId = item.Id })] };
    }

    /// <summary>Handles one event that is no batch.</summary>
    internal async Task<AwsEventOutcome> HandleAsync(AwsEvent read, string? messageId, CancellationToken cancellationToken)
    {
        try
        {
            switch (read)
            {
                case AwsEvent.News { Event: var news }:
                    await fleet.HandleEventAsync(news, cancellationToken).ConfigureAwait(false);
                    break;
                case AwsEvent.Drain:
                    await fleet.DrainAsync(cancellationToken).ConfigureAwait(false);
                    break;
                case AwsEvent.Sweep:
                    await fleet.SweepAsync(cancellationToken).ConfigureAwait(false);
                    break;
                case AwsEvent.NotOurs { Reason: var reason }:
                    logger.NotOurs(reason);
                    return new() { MessageId = messageId, Status = AwsEventStatus.NotOurs, Reason = reason };
                case AwsEvent.Unreadable { Reason: var reason }:
                    logger.Unreadable(messageId, reason);
                    return new() { MessageId = messageId, Status = AwsEventStatus.Unreadable, Reason = reason };
            }

            return new() { MessageId = messageId, Status = AwsEventStatus.Handled };
        }
#pragma warning disable CA1031 // one bad event stays one bad event
        catch (Exception e)
#pragma warning restore CA1031
        {
            var name = read is AwsEvent.News { Event: var news } ? news.GetType().Name : read.GetType().Name;
            if (!cancellationToken.IsCancellationRequested)
            {
                logger.EventFailed(name, messageId, e);
            }

            return new() { MessageId = messageId, Status = AwsEventStatus.Failed, Reason = $"{name} could not be handled: {e.Message}" };
        }
    }
}

/// <summary>What a payload of AWS is.</summary>
public enum AwsEventKind
{
    /// <summary>Nothing that is known here.</summary>
    Unreadable,

    /// <summary>Well understood, and nothing for this fleet.</summary>
    NotOurs,

    /// <summary>Messages of SQS.</summary>
    Batch,

    /// <summary>News of a task, an image build or a runner.</summary>
    News,

    /// <summary>A wish for a drain: a hint, or a schedule's.</summary>
    Drain,

    /// <summary>A wish for a sweep: a schedule's.</summary>
    Sweep,
}
