using RunnerFleet.Testing.Aws.Sqs;

namespace RunnerFleet.Testing.Aws;

/// <summary>The SQS of an <see cref="AwsStandIn"/>: standard queues with delays, long polls, visibility timeouts and dead-letter queues, by the account's clock.</summary>
public sealed class SqsStandIn
{
    private readonly Lock _gate;
    private readonly Queues _queues;

    internal SqsStandIn(Lock gate, Queues queues) => (_gate, _queues) = (gate, queues);

    /// <summary>Makes a queue, empty.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="visibilityTimeout">How long a received message stays hidden. Default 30 seconds.</param>
    /// <param name="deadLetterQueue">The name of the queue that takes what was received too often.</param>
    /// <param name="maxReceives">How often is too often.</param>
    public SqsStandInQueue CreateQueue(string name, TimeSpan? visibilityTimeout = null, string? deadLetterQueue = null, int maxReceives = 3)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        lock (_gate)
        {
            var deadLetters = deadLetterQueue is null ? null : _queues.ByName(deadLetterQueue) ?? throw new ArgumentException($"There is no queue {deadLetterQueue}.", nameof(deadLetterQueue));
            return new(_gate, _queues.Create(name, visibilityTimeout ?? TimeSpan.FromSeconds(30), deadLetters, maxReceives));
        }
    }
}

/// <summary>A queue of an <see cref="SqsStandIn"/>.</summary>
public sealed class SqsStandInQueue
{
    private readonly Lock _gate;
    private readonly Queue _queue;

    internal SqsStandInQueue(Lock gate, Queue queue) => (_gate, _queue) = (gate, queue);

    /// <summary>Its address, as AWS names it.</summary>
    public Uri Url => new(_queue.Url);

    /// <summary>The messages that are in it now, the oldest first: waiting, delayed, and received without having been deleted.</summary>
    public IReadOnlyList<SqsStandInMessage> Messages
    {
        get
        {
            lock (_gate)
            {
                return [.. _queue.Messages.Select(message => new SqsStandInMessage { Id = message.Id, Body = message.Body, Receives = message.Receives, VisibleAt = message.VisibleAt })];
            }
        }
    }

    /// <summary>Puts a message there without a request.</summary>
    /// <param name="body">Its body.</param>
    /// <param name="delay">How long it stays hidden at first.</param>
    /// <returns>Its id.</returns>
    public string Send(string body, TimeSpan delay = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(body);
        lock (_gate)
        {
            return _queue.Send(body, delay).Id;
        }
    }
}

/// <summary>A message of an <see cref="SqsStandInQueue"/>.</summary>
public sealed record SqsStandInMessage
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Its body.</summary>
    public required string Body { get; init; }

    /// <summary>How often it was received.</summary>
    public required int Receives { get; init; }

    /// <summary>From when on it can be received (again).</summary>
    public required DateTimeOffset VisibleAt { get; init; }
}
