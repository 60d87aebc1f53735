using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;

namespace RunnerFleet.Aws.Wire;

/// <summary>The settings of a client of ours, as the AWS SDK has them: region, profile, retries, time limits, <c>AWS_ENDPOINT_URL</c>, FIPS, dual stack.</summary>
internal sealed class AwsJsonConfig : ClientConfig
{
    // All of them: AWS_DEFAULTS_MODE may name any, and one that is missing breaks the client.
    private static readonly DefaultConfigurationProvider s_defaults = new(
        Enum.GetValues<DefaultConfigurationMode>().Where(mode => mode != DefaultConfigurationMode.Auto).Select(mode => new DefaultConfiguration
        {
            Name = mode,
            RetryMode = RequestRetryMode.Standard,
            ConnectTimeout = TimeSpan.FromSeconds(mode == DefaultConfigurationMode.InRegion ? 1.1 : 3.1),
            TlsNegotiationTimeout = TimeSpan.FromSeconds(mode == DefaultConfigurationMode.InRegion ? 1.1 : 3.1),
        }));

    private readonly AwsJsonService _service;

    public AwsJsonConfig(AwsJsonService service) : base(s_defaults)
    {
        _service = service;
        ServiceId = service.Id;
        AuthenticationServiceName = service.SigningName;
    }

    public override string RegionEndpointServiceName => _service.HostPrefix;

    public override string ServiceVersion => _service.Version;

    public override string UserAgent => "runnerfleet";

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        new(ServiceURL ?? AwsHost.UrlOf(_service, RegionEndpoint, UseFIPSEndpoint, UseDualstackEndpoint));
}
