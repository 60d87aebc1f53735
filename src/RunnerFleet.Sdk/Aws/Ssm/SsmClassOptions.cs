using Microsoft.Extensions.Options;

namespace RunnerFleet.Aws.Ssm;

/// <summary>Where the runner classes stand in Systems Manager. Checked when the host starts.</summary>
public sealed class SsmClassOptions
{
    /// <summary>
    /// The name or ARN of the parameter that holds the classes as JSON: <c>{"small":{"cpu":512,"memory":1024},"big":{"cpu":4096,"memory":8192,"disk":100}}</c>. Required.
    /// A class may further have <c>architecture</c>, <c>capacity</c>, <c>limit</c> and <c>jobTimeLimitSeconds</c>, as in <see cref="RunnerClassOptions"/>. Needs <c>ssm:GetParameter</c>, and <c>kms:Decrypt</c> where it is a
    /// SecureString with a key of your own.
    /// </summary>
    public string Parameter { get; set; } = "";

    /// <summary>After how many seconds the parameter is read again: 1 to 86400.</summary>
    public int RefreshSeconds { get; set; } = 60;

    /// <summary>Whether classes must have a size that AWS Fargate runs, and a disk of 21 to 200 GiB. Switch it off for capacity of your own, such as EC2.</summary>
    public bool CheckFargateSizes { get; set; } = true;
}

internal sealed class SsmClassRules : IValidateOptions<SsmClassOptions>
{
    public ValidateOptionsResult Validate(string? name, SsmClassOptions options)
    {
        var errors = new ValidateOptionsResultBuilder();
        if (string.IsNullOrWhiteSpace(options.Parameter))
        {
            errors.AddError("The SSM class catalogue needs Parameter: the name or ARN of the parameter that holds the runner classes.");
        }

        if (options.RefreshSeconds is < 1 or > 86400)
        {
            errors.AddError($"The SSM class catalogue's RefreshSeconds ({options.RefreshSeconds}) must be 1 to 86400.");
        }

        return errors.Build();
    }
}
