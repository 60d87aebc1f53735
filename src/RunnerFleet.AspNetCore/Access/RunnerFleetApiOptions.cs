using Microsoft.Extensions.Options;

namespace RunnerFleet.AspNetCore.Access;

/// <summary>Who may use API, live stream, status page and the details of readiness. Section <c>RunnerFleet:Api</c>.</summary>
public sealed class RunnerFleetApiOptions
{
    /// <summary>The name of the configuration section.</summary>
    public const string SectionName = "RunnerFleet:Api";

    /// <summary>The fewest characters a key may have.</summary>
    public const int MinimumKeyLength = 16;

    /// <summary>
    /// The key that callers send as <c>X-RunnerFleet-Key</c> or <c>Authorization: Bearer</c>; at least 16 characters. Default none: only callers on this machine are answered,
    /// and a host with <c>RunnerFleet:PublicUrl</c> does not start.
    /// </summary>
    public string? Key { get; set; }
}

internal sealed class RunnerFleetApiOptionsRules : IValidateOptions<RunnerFleetApiOptions>
{
    public ValidateOptionsResult Validate(string? name, RunnerFleetApiOptions options)
    {
        if (string.IsNullOrEmpty(options.Key))
        {
            return ValidateOptionsResult.Success;
        }

        // The key itself is never quoted: this message is logged.
        return options.Key.Length < RunnerFleetApiOptions.MinimumKeyLength || !options.Key.All(c => c is > ' ' and < '\x7f')
            ? ValidateOptionsResult.Fail($"RunnerFleet:Api:Key must have at least {RunnerFleetApiOptions.MinimumKeyLength} characters, all of them printable ASCII without spaces; it has {options.Key.Length}. Make one with: openssl rand -hex 32")
            : ValidateOptionsResult.Success;
    }
}
