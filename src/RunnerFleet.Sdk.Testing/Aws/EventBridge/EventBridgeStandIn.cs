using RunnerFleet.Testing.Aws.EventBridge;

namespace RunnerFleet.Testing.Aws;

/// <summary>The EventBridge of an <see cref="AwsStandIn"/>: what was put to its buses.</summary>
public sealed class EventBridgeStandIn
{
    private readonly Lock _gate;
    private readonly EventBuses _buses;

    internal EventBridgeStandIn(Lock gate, EventBuses buses) => (_gate, _buses) = (gate, buses);

    /// <summary>Makes an event bus. The one named <c>default</c> is there.</summary>
    /// <param name="name">Its name.</param>
    public void CreateBus(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        lock (_gate)
        {
            _buses.Create(name);
        }
    }

    /// <summary>The events that a bus took, in order, each the JSON text that a rule hands to its target.</summary>
    /// <param name="bus">The bus.</param>
    /// <exception cref="ArgumentException">There is no such bus.</exception>
    public IReadOnlyList<string> EventsOf(string bus = "default")
    {
        ArgumentNullException.ThrowIfNull(bus);
        lock (_gate)
        {
            return [.. _buses.Find(bus) ?? throw new ArgumentException($"There is no event bus {bus}.", nameof(bus))];
        }
    }

    /// <summary>Lets the next entries fail, each within an answer that is 200.</summary>
    /// <param name="count">How many entries.</param>
    /// <param name="errorCode">Such as <c>ThrottlingException</c> or <c>InternalFailure</c>.</param>
    /// <param name="message">What EventBridge says of them.</param>
    public void FailNextEntries(int count, string errorCode, string message = "A failure that the test asked for.")
    {
        lock (_gate)
        {
            _buses.FailNext(count, errorCode, message);
        }
    }
}
