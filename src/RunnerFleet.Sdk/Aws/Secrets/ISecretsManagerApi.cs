using Amazon.Runtime;

namespace RunnerFleet.Aws.Secrets;

/// <summary>What a fleet asks of AWS Secrets Manager. The fleet brings a client of its own; implement this to put another in its place, such as that of the package <c>AWSSDK.SecretsManager</c>.</summary>
/// <remarks>An error that Secrets Manager answers is an <see cref="AmazonServiceException"/> whose <see cref="AmazonServiceException.ErrorCode"/> is its own, such as <c>ResourceNotFoundException</c>.</remarks>
public interface ISecretsManagerApi
{
    /// <summary>Reads the current version of a secret.</summary>
    /// <param name="secretId">Its name or ARN.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<SecretValue> GetSecretValueAsync(string secretId, CancellationToken cancellationToken);
}

/// <summary>A version of a secret.</summary>
public sealed class SecretValue
{
    /// <summary>The value; <see langword="null"/> where it is bytes.</summary>
    public string? SecretString { get; init; }

    /// <summary>The id of the version.</summary>
    public string? VersionId { get; init; }

    /// <summary>Never shows the value.</summary>
    public override string ToString() => $"version {VersionId} of a secret";
}
