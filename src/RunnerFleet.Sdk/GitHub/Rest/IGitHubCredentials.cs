using Microsoft.Extensions.Options;
using RunnerFleet.Runners;

namespace RunnerFleet.GitHub.Rest;

/// <summary>Finds the token that may act in a scope. Asked before every request, so that a changed token counts at once.</summary>
internal interface IGitHubCredentials
{
    /// <summary>The token, or <see langword="null"/> where none is configured.</summary>
    ValueTask<string?> GetTokenAsync(RunnerScope scope, CancellationToken cancellationToken);
}

/// <summary>One token for all scopes: <c>RunnerFleet:GitHub:Token</c>.</summary>
internal sealed class OptionsCredentials(IOptionsMonitor<RunnerFleetOptions> options) : IGitHubCredentials
{
    public ValueTask<string?> GetTokenAsync(RunnerScope scope, CancellationToken cancellationToken)
    {
        // A token read from a file or a secret store often ends with a line break.
        var token = options.CurrentValue.GitHub.Token?.Trim();
        return ValueTask.FromResult(string.IsNullOrEmpty(token) ? null : token);
    }
}
