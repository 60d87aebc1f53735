namespace RunnerFleet.Aws.DynamoDb;

/// <summary>Waits between tries: growing, and of random length, so that those who met once do not meet again.</summary>
internal sealed class Pauses(TimeProvider clock, Random random)
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);

    /// <param name="tries">How many tries there were.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public Task WaitAsync(int tries, CancellationToken cancellationToken)
    {
        var most = Math.Min(s_first.TotalMilliseconds * Math.Pow(2, tries - 1), s_longest.TotalMilliseconds);
        return Task.Delay(TimeSpan.FromMilliseconds(most * (1 + random.NextDouble()) / 2), clock, cancellationToken);
    }
}
