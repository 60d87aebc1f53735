using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RunnerFleet.Bench.Load;

/// <summary>The host under load, as a process of its own so that its memory and processor time are its own: Kestrel, routes, engine, workers, SQLite, GitHub's REST client. Ends when its input does.</summary>
internal static class LoadHost
{
    public const string Verb = "load-host";
    public const string Secret = "a webhook secret of usual length";

    public static async Task<int> RunAsync(string path, Uri world, LoadSettings settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddConsole(o => o.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Error);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(new WorldAddress(world));
        builder.Services.AddRunnerFleet(o =>
        {
            o.GitHub.WebhookSecret = Secret;
            o.GitHub.Token = "load-token";
            o.GitHub.ApiUrl = new Uri(world, "github");
            o.GitHub.RegistrationsPerSecond = settings.Registrations;
            o.Policy.PublicRepositories.Add("*");
            o.Classes["small"] = new RunnerClassOptions();
            o.Classes["large"] = new RunnerClassOptions { Cpu = 4096, Memory = 8192, Limit = settings.LargeLimit };
            o.Limits.Fleet = settings.Limit;
            o.Limits.PerRepository = settings.RepositoryLimit;
        }).UseLauncher<LoadLauncher>().UseSqlite(o => o.Path = path).AddWorkers().AddAspNetCore();

        await using var app = builder.Build();
        app.MapRunnerFleet();
        app.MapGet("/load/sample", (bool collect) => HostSample.Take(collect));
        MapHmac(app);
        await app.StartAsync();
        Console.WriteLine(app.Urls.First());
        await Console.In.ReadToEndAsync();
        await app.StopAsync();
        return 0;
    }

    /// <summary>The same process, server and body with nothing done but what nobody can avoid.</summary>
    private static void MapHmac(WebApplication app)
    {
        var key = Encoding.UTF8.GetBytes(Secret);
        app.MapPost("/load/hmac", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var signature = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(key, body.GetBuffer().AsSpan(0, (int)body.Length)));
            context.Response.StatusCode = signature == context.Request.Headers["X-Hub-Signature-256"] ? StatusCodes.Status202Accepted : StatusCodes.Status401Unauthorized;
        });
    }
}

/// <summary>Where GitHub and the compute are.</summary>
internal sealed record WorldAddress(Uri Url);

/// <summary>What the host costs.</summary>
internal sealed record HostSample(long Heap, long WorkingSet, long PeakWorkingSet, long Allocated, double CpuSeconds)
{
    public static HostSample Take(bool collect)
    {
        if (collect)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
        }

        using var process = Process.GetCurrentProcess();
        return new(GC.GetTotalMemory(false), process.WorkingSet64, process.PeakWorkingSet64, GC.GetTotalAllocatedBytes(), process.TotalProcessorTime.TotalSeconds);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"heap {Heap / 1e6:F1} MB, working set {WorkingSet / 1e6:F0} MB");
}
