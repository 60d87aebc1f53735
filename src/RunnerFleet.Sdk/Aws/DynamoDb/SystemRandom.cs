using System.Security.Cryptography;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>Randomness of the operating system, for any number of threads.</summary>
internal sealed class SystemRandom : Random
{
    public override void NextBytes(Span<byte> buffer) => RandomNumberGenerator.Fill(buffer);

    public override void NextBytes(byte[] buffer) => RandomNumberGenerator.Fill(buffer);

    protected override double Sample() => RandomNumberGenerator.GetInt32(int.MaxValue) / (double)int.MaxValue;

    public override double NextDouble() => Sample();
}
