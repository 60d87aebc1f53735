using Microsoft.Extensions.Options;

namespace RunnerFleet.Aws.Secrets;

/// <summary>
/// What settings refer to in AWS: <c>ssm:NAME-OR-ARN</c> is a parameter of Systems Manager, <c>secretsmanager:NAME-OR-ARN</c> a secret of Secrets Manager, and <c>#KEY</c> at the end takes one member of a value that is
/// a JSON object. Safe for any number of callers.
/// </summary>
public interface IAwsSecrets
{
    /// <summary>
    /// Gives what a setting stands for: the value that it refers to, or itself where it is no reference. A value that is not known yet is read, and the caller is held up until it is, for 20 seconds at most: options are
    /// made where nobody can wait otherwise. What was read once is followed by <see cref="RefreshAsync"/>.
    /// </summary>
    /// <remarks>The fleet's own settings are resolved already. For others: <c>services.AddOptions&lt;T&gt;().PostConfigure&lt;IAwsSecrets&gt;((options, secrets) => options.Key = secrets.Resolve(options.Key))</c>.</remarks>
    /// <param name="setting">The setting.</param>
    /// <exception cref="AwsSecretUnavailableException">What it refers to cannot be read.</exception>
    string? Resolve(string? setting);

    /// <summary>
    /// Reads again what is older than <see cref="AwsSecretOptions.RefreshSeconds"/>, and puts changed values in force. The hosted service of <c>UseAwsSecrets</c> does it by the clock; a host without time in
    /// the background, such as AWS Lambda, calls it before each piece of work: mostly it returns at once, and it never takes longer than 5 seconds once the settings are known. A read that fails is logged, and the last good value stays.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OptionsValidationException">At the first call: the fleet's settings are not valid, or refer to what cannot be read.</exception>
    Task RefreshAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Whether all that is wrong with the fleet's settings is that what they refer to cannot be read. That may pass, and they are read again when they are next asked for, so a host that can wait need not end over it; any
    /// other failure stays until somebody changes a setting.
    /// </summary>
    /// <param name="failure">How the validation of settings failed.</param>
    bool IsUnreadable(OptionsValidationException failure);
}

/// <summary>What a setting refers to cannot be read. The message names the reference and what to do; it never holds a value.</summary>
public sealed class AwsSecretUnavailableException : Exception
{
    /// <summary>Makes the exception with a general message.</summary>
    public AwsSecretUnavailableException() : base("What a setting refers to cannot be read.") { }

    /// <summary>Makes the exception.</summary>
    public AwsSecretUnavailableException(string message) : base(message) { }

    /// <summary>Makes the exception with its cause.</summary>
    public AwsSecretUnavailableException(string message, Exception innerException) : base(message, innerException) { }
}
