namespace RunnerFleet.Testing.Aws.Ssm;

/// <summary>One version of a parameter.</summary>
internal sealed record Parameter(string Name, string Type, string Value, int Version, DateTimeOffset At);
