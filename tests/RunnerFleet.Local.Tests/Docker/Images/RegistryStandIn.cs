using System.Collections.Concurrent;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace RunnerFleet.Local.Tests.Docker.Images;

/// <summary>As much of a registry (distribution specification) as a pull needs, on 127.0.0.1, to which engines speak without TLS. Its images have one layer with one file, <c>/hello</c>.</summary>
internal sealed class RegistryStandIn(string owner) : IAsyncDisposable
{
    private const string ManifestType = "application/vnd.docker.distribution.manifest.v2+json";

    private readonly ConcurrentDictionary<string, (string Type, byte[] Content)> _answers = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private WebApplication? _app;

    /// <summary>Blobs are handed out when this has come.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>What is said to every request for a manifest, instead of what is there.</summary>
    public (int Status, string Code, string Message)? Refusal { get; set; }

    public IReadOnlyList<string> Requests => [.. _requests];

    public string Host { get; private set; } = "";

    public static async Task<RegistryStandIn> StartAsync(ImageWorld world)
    {
        var registry = new RegistryStandIn(world.Repository);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = registry._app = builder.Build();
        app.Run(registry.AnswerAsync);
        await app.StartAsync();
        registry.Host = new Uri(app.Urls.Single()).Authority;
        return registry;
    }

    /// <summary>Puts an image there, or another in its place.</summary>
    /// <returns>Its reference.</returns>
    public string Put(string name, string tag, string hello, string architecture)
    {
        var layer = Layer(hello);
        var config = JsonSerializer.SerializeToUtf8Bytes(new
        {
            architecture = architecture == "x64" ? "amd64" : architecture,
            os = "linux",
            config = new { Labels = new Dictionary<string, string> { [ImageWorld.TestLabel] = owner } },
            rootfs = new { type = "layers", diff_ids = new[] { DigestOf(layer) } },
        });
        var packed = Pack(layer);
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2,
            mediaType = ManifestType,
            config = Descriptor("application/vnd.docker.container.image.v1+json", config),
            layers = new[] { Descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", packed) },
        });
        foreach (var blob in new[] { config, packed })
        {
            _answers[$"/v2/{name}/blobs/{DigestOf(blob)}"] = ("application/octet-stream", blob);
        }

        _answers[$"/v2/{name}/manifests/{tag}"] = _answers[$"/v2/{name}/manifests/{DigestOf(manifest)}"] = (ManifestType, manifest);
        return $"{Host}/{name}:{tag}";
    }

    public ValueTask DisposeAsync() => _app!.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        _requests.Enqueue($"{http.Request.Method} {path}");
        var isBlob = path.Contains("/blobs/", StringComparison.Ordinal);
        if (isBlob)
        {
            await Gate.WaitAsync(http.RequestAborted);
        }

        if (path == "/v2/")
        {
            return;
        }

        if (!isBlob && Refusal is { } refusal)
        {
            await RefuseAsync(http, refusal.Status, refusal.Code, refusal.Message);
        }
        else if (_answers.TryGetValue(path, out var answer))
        {
            http.Response.ContentType = answer.Type;
            http.Response.ContentLength = answer.Content.Length;
            http.Response.Headers["Docker-Content-Digest"] = DigestOf(answer.Content);
            if (http.Request.Method != "HEAD")
            {
                await http.Response.Body.WriteAsync(answer.Content, http.RequestAborted);
            }
        }
        else
        {
            await RefuseAsync(http, 404, "MANIFEST_UNKNOWN", "manifest unknown");
        }
    }

    private static async Task RefuseAsync(HttpContext http, int status, string code, string message)
    {
        http.Response.StatusCode = status;
        if (http.Request.Method != "HEAD")
        {
            http.Response.ContentType = "application/json";
            await http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(new { errors = new[] { new { code, message } } }));
        }
    }

    private static object Descriptor(string type, byte[] content) => new { mediaType = type, size = content.Length, digest = DigestOf(content) };

    private static byte[] Layer(string hello)
    {
        var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "hello") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(hello)) });
        }

        return tar.ToArray();
    }

    private static byte[] Pack(byte[] layer)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(layer);
        }

        return packed.ToArray();
    }

    private static string DigestOf(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));
}
