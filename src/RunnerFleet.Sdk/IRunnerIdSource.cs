namespace RunnerFleet;

/// <summary>Makes runner ids. Replace it where ids must be reproducible, as in a simulation.</summary>
public interface IRunnerIdSource
{
    /// <summary>A new ULID in upper case, never given before.</summary>
    string NewRunnerId();
}

internal sealed class UlidSource(TimeProvider clock) : IRunnerIdSource
{
    public string NewRunnerId()
    {
        Span<byte> randomness = stackalloc byte[10];
        System.Security.Cryptography.RandomNumberGenerator.Fill(randomness);
        return Ulid.NewUlid(clock.GetUtcNow(), randomness).ToString();
    }
}
