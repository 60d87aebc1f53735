using System.Text.Json.Serialization;

namespace LambdaHost.Runtime;

/// <summary>One call of the function.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Deadline">When Lambda kills the process, if it has not answered.</param>
/// <param name="TraceId">What tracing knows it by.</param>
/// <param name="Payload">What it was called with. It holds secrets.</param>
internal sealed record Invocation(string Id, DateTimeOffset Deadline, string? TraceId, ReadOnlyMemory<byte> Payload)
{
    public override string ToString() => Id;
}

/// <summary>What a function answers: a result, or why there is none.</summary>
internal sealed record FunctionAnswer
{
    private FunctionAnswer() { }

    public ReadOnlyMemory<byte> Json { get; private init; }

    public FunctionError? Error { get; private init; }

    public static FunctionAnswer Of(byte[] json) => new() { Json = json };

    public static FunctionAnswer Failed(string type, string message) => new() { Error = new(type, message) };

    public override string ToString() => Error?.ErrorType ?? "a result";
}

/// <summary>A failure as Lambda wants to be told of it, in words that hold nothing of the payload.</summary>
/// <param name="ErrorType">Of the form <c>Category.Reason</c>.</param>
/// <param name="ErrorMessage">A sentence.</param>
internal sealed record FunctionError(string ErrorType, string ErrorMessage)
{
    /// <summary>Where it happened is for the log.</summary>
    public IReadOnlyList<string> StackTrace { get; } = [];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FunctionError))]
internal sealed partial class RuntimeJson : JsonSerializerContext;
