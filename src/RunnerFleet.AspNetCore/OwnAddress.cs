using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace RunnerFleet.AspNetCore;

/// <summary>
/// Answers <c>RunnerFleet:PublicUrl</c>, else the first loopback http address that this host is bound to, with the prefix of the runner routes.
/// A host that is bound to other addresses only has no address of its own: where its runners could reach it is not known, and a guess would launch runners that never claim.
/// </summary>
internal sealed class OwnAddress(IServiceProvider services, MappedRoutes routes, IOptions<RunnerFleetOptions> options) : IControlPlaneAddress
{
    private Uri? _own;

    public Uri? Url => options.Value.PublicUrl ?? (_own ??= FindOwn());

    private Uri? FindOwn()
    {
        // The server is asked late: it may be made after this, and knows its addresses only once it is bound.
        var addresses = services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses;
        if (addresses is null || routes.Runners is null)
        {
            return null;
        }

        foreach (var address in addresses)
        {
            if (Uri.TryCreate(address, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp && url.Port != 0 && IsLoopback(url))
            {
                return new Uri(url, routes.Runners);
            }
        }

        return null;
    }

    private static bool IsLoopback(Uri url) =>
        url.DnsSafeHost.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(url.DnsSafeHost, out var address) && IPAddress.IsLoopback(address));
}
