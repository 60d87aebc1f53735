using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace RunnerFleet.Provisioning;

/// <summary>Hands every move to whoever watches. A reader that falls behind loses the oldest moves; the fleet never waits for it.</summary>
internal sealed class MoveBroadcaster : IFleetObserver
{
    private const int Backlog = 1000;
    private readonly ConcurrentDictionary<Channel<FleetMove>, bool> _readers = new();

    public void OnMove(FleetMove move)
    {
        foreach (var reader in _readers.Keys)
        {
            reader.Writer.TryWrite(move);
        }
    }

    public IAsyncEnumerable<FleetMove> WatchAsync(CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<FleetMove>(new BoundedChannelOptions(Backlog) { FullMode = BoundedChannelFullMode.DropOldest });
        _readers[channel] = true; // from now on, not from the first read on
        return ReadAsync(channel, cancellationToken);
    }

    private async IAsyncEnumerable<FleetMove> ReadAsync(Channel<FleetMove> channel, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            while (await channel.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (channel.Reader.TryRead(out var move))
                {
                    yield return move;
                }
            }
        }
        finally
        {
            _readers.TryRemove(channel, out _);
        }
    }
}
