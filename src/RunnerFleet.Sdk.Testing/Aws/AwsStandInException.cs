using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.Aws;

/// <summary>A refusal, as AWS would answer it.</summary>
internal sealed class AwsStandInException(string code, string message, int status = 400) : Exception(message)
{
    public string Code { get; } = code;

    public int Status { get; } = status;

    /// <summary>Further members of the answer, such as <c>resourceIds</c>.</summary>
    public JsonObject Details { get; init; } = [];

    public string ToJson()
    {
        var body = (JsonObject)Details.DeepClone();
        body["__type"] = Code;
        body["message"] = Message;
        return body.ToJsonString();
    }
}
