using RunnerFleet.Testing.Aws.Ssm;

namespace RunnerFleet.Testing.Aws;

/// <summary>The Systems Manager parameters of an <see cref="AwsStandIn"/>: what a test sees and puts there without a request.</summary>
public sealed class SsmStandIn
{
    private readonly Lock _gate;
    private readonly Parameters _parameters;

    internal SsmStandIn(Lock gate, Parameters parameters) => (_gate, _parameters) = (gate, parameters);

    /// <summary>Puts a parameter there, or gives it a new version.</summary>
    /// <param name="name">Such as <c>/fleet/classes</c>.</param>
    /// <param name="value">The value.</param>
    /// <param name="isSecure">Whether it is a SecureString.</param>
    /// <returns>Its ARN.</returns>
    /// <exception cref="ArgumentException">AWS would refuse it.</exception>
    public string Put(string name, string value, bool isSecure = false)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        lock (_gate)
        {
            try
            {
                return _parameters.ArnOf(_parameters.Put(name, isSecure ? "SecureString" : "String", value, overwrite: true, isAdvanced: value.Length > 4096).Name);
            }
            catch (AwsStandInException refused)
            {
                throw new ArgumentException(refused.Message, nameof(name), refused);
            }
        }
    }

    /// <summary>Takes a parameter away.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Whether it was there.</returns>
    public bool Remove(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_gate)
        {
            return _parameters.Remove(name);
        }
    }
}
