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

    /// <summary>What a request waits for before it is answered, as a long poll does; <see langword="null"/>: nothing. Asked again whenever that has come.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="body">The request's body.</param>
    /// <param name="arrived">When the request came.</param>
    public virtual Task? WaitOf(string operation, JsonElement body, DateTimeOffset arrived) => null;

    /// <summary>Does what an operation asks for.</summary>
    /// <exception cref="AwsStandInException">It is refused.</exception>
    public abstract JsonObject Answer(string operation, JsonElement body);

    protected AwsStandInException UnknownOperation(string operation) => new("UnknownOperationException", $"The stand-in's {SigningName} does not know the operation {operation}.");
}
