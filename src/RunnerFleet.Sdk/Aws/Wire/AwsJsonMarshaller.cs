using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;

namespace RunnerFleet.Aws.Wire;

/// <summary>Writes a request of the protocol <c>awsJson1.1</c> (Smithy, AWS JSON 1.1 protocol).</summary>
internal sealed class AwsJsonMarshaller(AwsJsonService service) : IMarshaller<IRequest, AmazonWebServiceRequest>
{
    public IRequest Marshall(AmazonWebServiceRequest input)
    {
        var call = (AwsJsonRequest)input;
        var request = new DefaultRequest(call, service.Id)
        {
            HttpMethod = "POST",
            ResourcePath = "/",
            Content = call.Content,
        };
        request.Headers["Content-Type"] = "application/x-amz-json-1.1";
        request.Headers["X-Amz-Target"] = $"{service.TargetPrefix}.{call.Operation}";
        return request;
    }
}
