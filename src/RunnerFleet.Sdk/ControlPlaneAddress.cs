using Microsoft.Extensions.Options;

namespace RunnerFleet;

internal sealed class ConfiguredAddress(IOptionsMonitor<RunnerFleetOptions> options) : IControlPlaneAddress
{
    public Uri? Url => options.CurrentValue.PublicUrl;
}
