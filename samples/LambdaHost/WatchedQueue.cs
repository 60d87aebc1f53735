using RunnerFleet.Provisioning;

namespace LambdaHost;

/// <summary>Notes each hint that could not be sent: then whoever wanted to send it does, in the same invocation, what the hint was for.</summary>
internal sealed class WatchedQueue(IFleetQueue queue, LostHints lost) : IFleetQueue
{
    public async ValueTask HintAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        try
        {
            await queue.HintAsync(delay, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            lost.Note();
            throw;
        }
    }

    public ValueTask WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => queue.WaitAsync(atMost, cancellationToken);
}

/// <summary>Whether a hint could not be sent. Apart from the queue, whose client need not be made to ask.</summary>
internal sealed class LostHints
{
    private int _any;

    public void Note() => Interlocked.Exchange(ref _any, 1);

    /// <summary>Whether there was one since this was asked last.</summary>
    public bool Take() => Interlocked.Exchange(ref _any, 0) == 1;
}
