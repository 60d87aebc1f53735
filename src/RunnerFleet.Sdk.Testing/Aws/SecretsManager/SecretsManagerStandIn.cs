using RunnerFleet.Testing.Aws.SecretsManager;

namespace RunnerFleet.Testing.Aws;

/// <summary>The Secrets Manager of an <see cref="AwsStandIn"/>: what a test puts there without a request.</summary>
public sealed class SecretsManagerStandIn
{
    private readonly Lock _gate;
    private readonly Secrets _secrets;

    internal SecretsManagerStandIn(Lock gate, Secrets secrets) => (_gate, _secrets) = (gate, secrets);

    /// <summary>Puts a secret there, or gives it a new version, which becomes AWSCURRENT.</summary>
    /// <param name="name">The secret's name.</param>
    /// <param name="value">The value.</param>
    /// <returns>Its ARN.</returns>
    public string Put(string name, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        lock (_gate)
        {
            return _secrets.Put(name, value, null).Arn;
        }
    }

    /// <summary>Puts a secret of bytes there, or gives it a new version.</summary>
    /// <param name="name">The secret's name.</param>
    /// <param name="value">The value.</param>
    /// <returns>Its ARN.</returns>
    public string Put(string name, byte[] value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        lock (_gate)
        {
            return _secrets.Put(name, null, [.. value]).Arn;
        }
    }

    /// <summary>Marks a secret for deletion: it cannot be read until it is put again.</summary>
    /// <param name="name">The secret's name.</param>
    public void Delete(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_gate)
        {
            if (_secrets.Find(name) is { } secret)
            {
                secret.IsDeleted = true;
            }
        }
    }
}
