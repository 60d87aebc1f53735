namespace RunnerFleet.Provisioning;

/// <summary>Carries the hint "drain now". <c>FleetQueueContract</c> in <c>RunnerFleet.Sdk.Testing.Xunit</c> checks what is promised here. A hint may be lost, doubled or late: the store is the truth, and a drain is due at least every <c>DrainIntervalSeconds</c> anyway.</summary>
public interface IFleetQueue
{
    /// <summary>Hints that a drain is worth while after a delay. Many hints may become one.</summary>
    ValueTask HintAsync(TimeSpan delay, CancellationToken cancellationToken);

    /// <summary>Waits for a hint, but not longer than <paramref name="atMost"/>.</summary>
    ValueTask WaitAsync(TimeSpan atMost, CancellationToken cancellationToken);
}
