using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Bench;

/// <summary>Webhooks per second through Kestrel, routes, engine and store, each a job of its own; beside an endpoint that only computes the HMAC.</summary>
internal static class WebhooksBench
{
    private const string Secret = "a webhook secret of usual length";
    private const string JobId = "123456789012";
    private const long FirstJob = 500_000_000_001;
    private const int WarmUp = 200;

    public static async Task<int> RunAsync(string[] args)
    {
        if (!TryRead(args, out var count, out var connections))
        {
            Console.Error.WriteLine("Usage: webhooks [--count 2000] [--connections 8]");
            return 2;
        }

        var folder = Directory.CreateTempSubdirectory("runnerfleet-bench-").FullName;
        try
        {
            Console.WriteLine($"{count} webhooks of {Body(0).Length / 1024.0:F1} KB, {connections} connections, {Environment.ProcessorCount} processors; sender and host share them.");
            var peer = await MeasureAsync("HMAC endpoint", BuildPeer(), HttpStatusCode.OK, count, connections);
            var memory = await MeasureAsync("in-memory store", BuildFleet(null), HttpStatusCode.Accepted, count, connections);
            var sqlite = await MeasureAsync("SQLite store", BuildFleet(Path.Combine(folder, "fleet.db")), HttpStatusCode.Accepted, count, connections);
            var isWhole = new[] { peer, memory, sqlite }.All(r => r.Accepted == count) && memory.Recorded == count && sqlite.Recorded == count;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"SQLite {sqlite.Rate:F0}/s, p50 {sqlite.P50:F1} ms, p99 {sqlite.P99:F1} ms; memory {memory.Rate:F0}/s; HMAC alone {peer.Rate:F0}/s ({peer.Rate / sqlite.Rate:F1} times SQLite); {(isWhole ? "none lost" : "SOME LOST")}."));
            return isWhole ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Result> MeasureAsync(string name, WebApplication app, HttpStatusCode expected, int count, int connections)
    {
        await using var host = app;
        await app.StartAsync();
        var url = new Uri(new Uri(app.Urls.First()), "webhook");
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = connections, UseProxy = false });
        await SendAsync(http, url, -WarmUp, WarmUp, connections, expected);

        var start = Stopwatch.GetTimestamp();
        var (accepted, times) = await SendAsync(http, url, 0, count, connections, expected);
        var took = Stopwatch.GetElapsedTime(start);

        var recorded = await CountAsync(app.Services.GetService<IRunnerStore>());
        Array.Sort(times);
        var result = new Result(count / took.TotalSeconds, At(times, 0.5), At(times, 0.99), times[^1], accepted, recorded);
        var stored = recorded is { } jobs ? $", {jobs} in the store" : "";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-16} {result.Rate,8:F0}/s   p50 {result.P50,7:F2} ms   p99 {result.P99,7:F2} ms   max {result.Max,7:F2} ms   sent {count}, answered {(int)expected}: {accepted}{stored}"));
        await app.StopAsync();
        return result;
    }

    /// <summary>Each connection sends one after the other; bodies are made and signed beforehand.</summary>
    private static async Task<(int Accepted, double[] Times)> SendAsync(HttpClient http, Uri url, int first, int count, int connections, HttpStatusCode expected)
    {
        var bodies = Enumerable.Range(first, count).Select(Body).ToArray();
        var signatures = Array.ConvertAll(bodies, body => WebhookSignature.Sign(body, Secret));
        var times = new double[count];
        var accepted = 0;
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < count;)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(bodies[i]) };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                request.Headers.Add("X-GitHub-Event", "workflow_job");
                request.Headers.Add("X-GitHub-Delivery", i.ToString(CultureInfo.InvariantCulture));
                request.Headers.Add("X-Hub-Signature-256", signatures[i]);
                var start = Stopwatch.GetTimestamp();
                using var response = await http.SendAsync(request);
                times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                if (response.StatusCode == expected)
                {
                    Interlocked.Increment(ref accepted);
                }
            }
        })));
        return (accepted, times);
    }

    /// <summary>Counts what the store really holds of the measured jobs; <see langword="null"/> without a store.</summary>
    private static async Task<int?> CountAsync(IRunnerStore? store)
    {
        if (store is null)
        {
            return null;
        }

        var jobs = 0;
        string? continuation = null;
        do
        {
            var page = await store.ListJobsAsync(new JobQuery { Take = 100, Continuation = continuation }, CancellationToken.None);
            jobs += page.Items.Count(job => job.Key.Id >= FirstJob);
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return jobs;
    }

    private static WebApplication BuildFleet(string? path)
    {
        var builder = NewBuilder();
        builder.Services.AddSingleton<FakeComputeLauncher>();
        var fleet = builder.Services.AddRunnerFleet(o =>
        {
            o.GitHub.WebhookSecret = Secret;
            o.Policy.PublicRepositories.Add("*");
            o.Classes["large"] = new RunnerClassOptions();
            o.Limits.Fleet = 0; // recorded and held back: what is measured is the intake
        }).UseLauncher<FakeComputeLauncher>().AddAspNetCore();
        if (path is not null)
        {
            fleet.UseSqlite(o => o.Path = path);
        }

        var app = builder.Build();
        app.MapRunnerFleet();
        return app;
    }

    private static WebApplication BuildPeer()
    {
        var app = NewBuilder().Build();
        var key = Encoding.UTF8.GetBytes(Secret);
        app.MapPost("/webhook", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var signature = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(key, body.GetBuffer().AsSpan(0, (int)body.Length)));
            context.Response.StatusCode = signature == context.Request.Headers["X-Hub-Signature-256"] ? StatusCodes.Status200OK : StatusCodes.Status401Unauthorized;
        });
        return app;
    }

    private static WebApplicationBuilder NewBuilder()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        return builder;
    }

    private static byte[] Body(int number) =>
        Encoding.UTF8.GetBytes(s_template.Replace(JobId, (FirstJob + number).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));

    private static readonly string s_template = ReadTemplate();

    private static string ReadTemplate()
    {
        using var stream = typeof(WebhooksBench).Assembly.GetManifestResourceStream("workflow_job.queued.json")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Replace(",\"image:ubuntu:24.04\"", "", StringComparison.Ordinal); // which would need an image builder
    }

    private static double At(double[] sorted, double part) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))];

    private static bool TryRead(string[] args, out int count, out int connections)
    {
        (count, connections) = (2000, 8);
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 >= args.Length || !int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value == 0)
            {
                return false;
            }

            switch (args[i])
            {
                case "--count":
                    count = value;
                    break;
                case "--connections":
                    connections = value;
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private sealed record Result(double Rate, double P50, double P99, double Max, int Accepted, int? Recorded);
}
