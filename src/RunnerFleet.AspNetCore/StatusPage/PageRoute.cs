using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.AspNetCore.Access;
using RunnerFleet.AspNetCore.Http;

namespace RunnerFleet.AspNetCore.StatusPage;

/// <summary>
/// <c>GET /</c>: one self-contained page without data. It asks API and stream like any other caller, so their access rule guards what it shows.
/// Labels and names are hostile text: the page writes them with <c>textContent</c> only, and its policy forbids every script but its own.
/// </summary>
internal static class PageRoute
{
    private static readonly string Style = Resource("page.css");
    private static readonly string Script = Resource("page.js");
    private static readonly string Page = Resource("page.html").Replace("{{style}}", Style, StringComparison.Ordinal).Replace("{{script}}", Script, StringComparison.Ordinal);

    private static readonly string Policy =
        $"default-src 'none'; script-src '{Hash(Script)}'; style-src '{Hash(Style)}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    public static Task HandleAsync(HttpContext context)
    {
        var services = context.RequestServices;
        if (services.GetRequiredService<ApiAccess>().JudgePage(context.Request) is { } refusal)
        {
            context.Logger().AccessRefused(context.Route(), refusal.Status, refusal.Detail);
            return refusal.WriteAsync(context.Response);
        }

        var routes = services.GetRequiredService<MappedRoutes>();
        var page = Page
            .Replace("{{api}}", Address(context.Request, routes.Api, "/api"), StringComparison.Ordinal)
            .Replace("{{stream}}", Address(context.Request, routes.Events, "/api/stream"), StringComparison.Ordinal);
        return WriteAsync(context.Response, Encoding.UTF8.GetBytes(page));
    }

    private static Task WriteAsync(HttpResponse response, byte[] page)
    {
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = page.Length;
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-cache";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        return response.Body.WriteAsync(page, response.HttpContext.RequestAborted).AsTask();
    }

    /// <summary>Where a part is mapped; empty where it is not.</summary>
    private static string Address(HttpRequest request, string? prefix, string path) =>
        prefix is null ? "" : HtmlEncoder.Default.Encode(request.PathBase.Add(prefix + path).ToUriComponent());

    private static string Hash(string text) => "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Resource(string name)
    {
        using var stream = typeof(PageRoute).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The resource {name} is missing from the assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);

        // A browser reads CRLF as LF before it hashes.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
