using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;

namespace RunnerFleet.Aws.Wire;

/// <summary>Reads an answer, or an error, of the protocol <c>awsJson1.1</c>.</summary>
internal sealed class AwsJsonUnmarshaller(JsonTypeInfo answer) : JsonResponseUnmarshaller
{
    public override AmazonWebServiceResponse Unmarshall(JsonUnmarshallerContext input)
    {
        var body = input.IsEmptyResponse ? null : JsonSerializer.Deserialize(input.Stream, answer);
        return new AwsJsonResponse { Body = body };
    }

    public override AmazonServiceException UnmarshallException(JsonUnmarshallerContext input, Exception innerException, HttpStatusCode statusCode)
    {
        using var body = new MemoryStream();
        input.Stream?.CopyTo(body);
        var error = AwsJsonError.Read(body.ToArray());
        var code = error.Code ?? CodeOfHeader(input.ResponseData) ?? statusCode.ToString();
        var requestId = input.ResponseData.IsHeaderPresent("x-amzn-RequestId") ? input.ResponseData.GetHeaderValue("x-amzn-RequestId") : null;
        return new AwsJsonException(error.Message ?? $"AWS answered {(int)statusCode}.", innerException, (int)statusCode < 500 ? ErrorType.Sender : ErrorType.Receiver, code, requestId, statusCode)
        {
            ResourceIds = error.ResourceIds,
        };
    }

    private static string? CodeOfHeader(IWebResponseData response) =>
        response.IsHeaderPresent("x-amzn-ErrorType") ? AwsJsonError.Plain(response.GetHeaderValue("x-amzn-ErrorType")) : null;
}
