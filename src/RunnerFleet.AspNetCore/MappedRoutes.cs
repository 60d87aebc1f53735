using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace RunnerFleet.AspNetCore;

/// <summary>Remembers under which prefix each part was mapped: the control plane's own address and the status page are made of it.</summary>
internal sealed class MappedRoutes
{
    /// <summary>The prefix of webhook and runner routes, such as <c>/fleet</c>, or empty; <see langword="null"/> while not mapped.</summary>
    public string? Runners { get; set; }

    public string? Api { get; set; }

    public string? Events { get; set; }

    public string? StatusPage { get; set; }

    /// <summary>Whether anything is mapped that shows the fleet to people.</summary>
    public bool ShowTheFleet => Api is not null || Events is not null || StatusPage is not null;

    public static MappedRoutes Of(IEndpointRouteBuilder endpoints, string verb) =>
        endpoints.ServiceProvider.GetService<MappedRoutes>()
        ?? throw new InvalidOperationException($"{verb} needs the services of RunnerFleet.AspNetCore. Call AddRunnerFleet(...).AddAspNetCore() on the service collection first.");

    /// <summary>Makes a prefix begin with '/' and not end with it; the root is empty.</summary>
    public static string Normalize(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        if (prefix.Any(letter => !char.IsAsciiLetterOrDigit(letter) && !"/-._~".Contains(letter, StringComparison.Ordinal)))
        {
            throw new ArgumentException($"The prefix '{prefix}' must be a plain path such as /fleet: addresses are made of it.", nameof(prefix));
        }

        var path = prefix.Trim('/');
        return path.Length == 0 ? "" : "/" + path;
    }
}
