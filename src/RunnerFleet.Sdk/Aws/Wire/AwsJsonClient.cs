using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Amazon.Runtime;
using Amazon.Runtime.Credentials.Internal;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;

namespace RunnerFleet.Aws.Wire;

/// <summary>
/// A client of one JSON service on the AWS SDK's own pipeline: credentials, signatures, retries, clock skew, endpoints and telemetry are the SDK's. The packages of these
/// services (AWSSDK.ECS and others) are not needed, and do not collide where they are used beside it.
/// </summary>
internal abstract class AwsJsonClient : AmazonServiceClient
{
    private readonly AwsJsonMarshaller _marshaller;

    protected AwsJsonClient(AwsJsonService service, AWSCredentials? credentials, ClientConfig config) : base(credentials, config) =>
        _marshaller = new AwsJsonMarshaller(service);

    protected async Task<TAnswer> CallAsync<TCall, TAnswer>(string operation, TCall call, JsonTypeInfo<TCall> callType, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken)
        where TAnswer : class, new()
    {
        var options = new InvokeOptions { RequestMarshaller = _marshaller, ResponseUnmarshaller = new AwsJsonUnmarshaller(answerType) };
        var request = new AwsJsonRequest(operation, JsonSerializer.SerializeToUtf8Bytes(call, callType));
        try
        {
            var response = await InvokeAsync<AwsJsonResponse>(request, options, cancellationToken).ConfigureAwait(false);
            return (TAnswer?)response.Body ?? new TAnswer();
        }
        catch (AwsJsonException refusal) when (request.EarlierBrokeOff)
        {
            refusal.IsInDoubt = true;
            throw;
        }
    }

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        pipeline.AddHandlerAfter<Marshaller>(new SignatureVersion4());
        pipeline.AddHandlerAfter<RetryHandler>(new SendWatch());
    }

    /// <summary>Every request is signed with Signature Version 4, for the client's region.</summary>
    private sealed class SignatureVersion4 : BaseAuthResolverHandler
    {
        protected override List<IAuthSchemeOption> ResolveAuthOptions(IExecutionContext executionContext)
        {
            // Else the signer takes the region of the address or of AWS_REGION, not the client's (aws-sdk-net, AWS4Signer).
            var context = executionContext.RequestContext;
            context.Request.AuthenticationRegion ??= context.ClientConfig.AuthenticationRegion ?? context.ClientConfig.RegionEndpoint?.SystemName;
            return AuthSchemeOption.DEFAULT_SIGV4;
        }
    }

    /// <summary>Sees each send of a request: the SDK sends again by itself what broke off, up to 13 times, and shows only what came of the last.</summary>
    private sealed class SendWatch : PipelineHandler
    {
        public override async Task<T> InvokeAsync<T>(IExecutionContext executionContext)
        {
            var request = (AwsJsonRequest)executionContext.RequestContext.OriginalRequest;
            request.BeginSend();
            try
            {
                return await base.InvokeAsync<T>(executionContext).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not AmazonServiceException { StatusCode: >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError })
            {
                request.BreakOff();
                throw;
            }
        }
    }
}
