using Amazon.Runtime;

namespace RunnerFleet.Aws.Wire;

/// <summary>One request of a JSON service, on its way through the AWS SDK's pipeline.</summary>
internal sealed class AwsJsonRequest(string operation, byte[] content) : AmazonWebServiceRequest
{
    private bool _brokeOff;

    public string Operation { get; } = operation;

    public byte[] Content { get; } = content;

    /// <summary>Whether a send before the present one broke off, so that nobody knows whether it took effect.</summary>
    public bool EarlierBrokeOff { get; private set; }

    public void BeginSend()
    {
        EarlierBrokeOff |= _brokeOff;
        _brokeOff = false;
    }

    public void BreakOff() => _brokeOff = true;
}

/// <summary>The answer, read.</summary>
internal sealed class AwsJsonResponse : AmazonWebServiceResponse
{
    public object? Body { get; init; }
}
