using Microsoft.Extensions.Options;

namespace RunnerFleet.Aws.Secrets;

/// <summary>How settings that refer to AWS are followed. Checked when the host starts.</summary>
public sealed class AwsSecretOptions
{
    /// <summary>After how many seconds what a setting refers to is read again: 1 to 86400. A rotated secret is in force after that time at the latest, so keep the one before valid for as long.</summary>
    public int RefreshSeconds { get; set; } = 300;
}

internal sealed class AwsSecretRules : IValidateOptions<AwsSecretOptions>
{
    public ValidateOptionsResult Validate(string? name, AwsSecretOptions options) => options.RefreshSeconds is < 1 or > 86400
        ? ValidateOptionsResult.Fail($"The AWS secrets' RefreshSeconds ({options.RefreshSeconds}) must be 1 to 86400.")
        : ValidateOptionsResult.Success;
}
