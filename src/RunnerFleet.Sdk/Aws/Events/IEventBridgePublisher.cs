namespace RunnerFleet.Aws.Events;

/// <summary>Publishes the moves of runners to EventBridge. With a host that runs hosted services nobody needs to call it.</summary>
public interface IEventBridgePublisher
{
    /// <summary>
    /// Publishes what waits, for a host without time in the background, such as AWS Lambda: called at the end of each piece of work. What EventBridge does not take in three tries waits for the next call.
    /// Nothing is thrown but a cancellation.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task FlushAsync(CancellationToken cancellationToken);
}
