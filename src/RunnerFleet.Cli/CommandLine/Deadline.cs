namespace RunnerFleet.Cli.CommandLine;

/// <summary>How long a command may take. The time in which a person thinks does not count.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly TimeSpan _time;
    private readonly ITimer _timer;

    public Deadline(TimeSpan time, TimeProvider clock)
    {
        _time = time;
        _timer = clock.CreateTimer(_ => _over.Cancel(), null, time, Timeout.InfiniteTimeSpan);
    }

    public CancellationToken Token => _over.Token;

    public void Pause() => _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void BeginAgain() => _timer.Change(_time, Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _timer.Dispose();
        _over.Dispose();
    }
}
