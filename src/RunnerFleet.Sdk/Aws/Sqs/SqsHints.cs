namespace RunnerFleet.Aws.Sqs;

/// <summary>Which hints this process has sent, and whether one was received by whoever receives for it.</summary>
internal sealed class SqsHints(TimeProvider clock) : IDisposable
{
    // As in the queue within a process: a drain a second is enough, and a thousand hints within it need not be a thousand messages.
    private static readonly TimeSpan Together = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(900); // of SendMessage; the drain by the clock does the rest

    private readonly Lock _gate = new();
    private readonly SortedSet<DateTimeOffset> _sent = [];
    private readonly SemaphoreSlim _received = new(0, 1);

    /// <summary>Whether a hosted service receives from the queue of hints, so that nobody else should.</summary>
    public bool AreReceived { get; set; }

    /// <summary>How many seconds a message for a hint is to be delayed; <see langword="null"/> where one that was sent already serves.</summary>
    public int? Plan(TimeSpan delay)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            var at = now + (delay < TimeSpan.Zero ? TimeSpan.Zero : delay < LongestDelay ? delay : LongestDelay);
            _sent.RemoveWhere(sent => sent < now - Together);
            if (_sent.GetViewBetween(at, at + Together).Count > 0)
            {
                return null;
            }

            // One that falls due just before may be served before what this hint is for is stored.
            var before = _sent.GetViewBetween(at - Together, at);
            var seconds = Math.Min((int)Math.Ceiling(((before.Count == 0 ? at : before.Max + Together) - now).TotalSeconds), (int)LongestDelay.TotalSeconds);
            _sent.Add(now.AddSeconds(seconds));
            return seconds;
        }
    }

    /// <summary>A message for a hint could not be sent: the next hint is to try again.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _sent.Clear();
        }
    }

    public void Receive()
    {
        lock (_gate)
        {
            if (_received.CurrentCount == 0)
            {
                _received.Release();
            }
        }
    }

    public Task WaitAsync(CancellationToken cancellationToken) => _received.WaitAsync(cancellationToken);

    public void Dispose() => _received.Dispose();
}
