namespace RunnerFleet.Testing.GitHub;

/// <summary>Gives ids, growing and never twice.</summary>
internal sealed class StandInIds(long first)
{
    private long _last = first - 1;

    public long Last => Interlocked.Read(ref _last);

    public long Next() => Interlocked.Increment(ref _last);
}
