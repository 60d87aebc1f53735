using Microsoft.Extensions.Options;

namespace RunnerFleet.Sdk.Tests;

/// <summary>Options that stay as they are.</summary>
internal sealed class FixedOptions(RunnerFleetOptions options) : IOptionsMonitor<RunnerFleetOptions>
{
    public RunnerFleetOptions CurrentValue => options;

    public RunnerFleetOptions Get(string? name) => options;

    public IDisposable? OnChange(Action<RunnerFleetOptions, string?> listener) => null;
}
