using System.Text.Json;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.Aws;

/// <summary>One service of the account. Called by one request at a time.</summary>
internal abstract class AwsStandInService(string targetPrefix, string signingName)
{
    /// <summary>What stands before the operation in <c>X-Amz-Target</c>.</summary>
    public string TargetPrefix { get; } = targetPrefix;

    /// <summary>The service in the scope of a signature.</summary>
    public string SigningName { get; } = signingName;

    /// <summary>Does what an operation asks for.</summary>
    /// <exception cref="AwsStandInException">It is refused.</exception>
    public abstract JsonObject Answer(string operation, JsonElement body);

    protected AwsStandInException UnknownOperation(string operation) => new("UnknownOperationException", $"The stand-in's {SigningName} does not know the operation {operation}.");
}
