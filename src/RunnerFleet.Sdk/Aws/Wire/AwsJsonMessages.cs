using Amazon.Runtime;

namespace RunnerFleet.Aws.Wire;

/// <summary>One request of a JSON service, on its way through the AWS SDK's pipeline.</summary>
internal sealed class AwsJsonRequest(string operation, byte[] content) : AmazonWebServiceRequest
{
    public string Operation { get; } = operation;

    public byte[] Content { get; } = content;
}

/// <summary>The answer, read.</summary>
internal sealed class AwsJsonResponse : AmazonWebServiceResponse
{
    public object? Body { get; init; }
}
