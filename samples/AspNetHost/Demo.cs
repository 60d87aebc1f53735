using System.Net.Http.Headers;
using System.Security.Cryptography;
using RunnerFleet;
using RunnerFleet.Compute;
using RunnerFleet.Testing.GitHub;

namespace AspNetHost;

/// <summary>Without GitHub settings: the same fleet, with a GitHub of its own in the same process and a small program in the runner's place.</summary>
internal sealed class Demo : IDisposable
{
    private const string GitHubPath = "/demo/github";
    private const string Repository = "octo-org/demo";
    private const string Token = "demo-token";
    private static readonly string[] Labels = ["self-hosted", "class:small"];

    private readonly GitHubStandIn _gitHub;
    private readonly HttpClient _http = new();
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Uri _address;

    private Demo(Uri address, string secret, string statePath)
    {
        _address = address;
        _gitHub = new GitHubStandIn(TimeProvider.System, new GitHubStandInOptions
        {
            WebhookSecret = secret,
            Token = Token,
            AcceptUnknownScopes = true,
            DeliveryTimeout = TimeSpan.FromSeconds(60),
            Receiver = DeliverAsync,
            StatePath = statePath, // so that a killed demo goes on where it was
        });
        _gitHub.AddRepository(Repository);
    }

    public static Demo Prepare(WebApplicationBuilder builder, HostSettings host)
    {
        var address = Address(builder.Configuration[WebHostDefaults.ServerUrlsKey] ?? HostVerbs.DefaultUrl);
        host.DataFolder = Directory.CreateDirectory(Path.Combine(host.DataFolder, "demo")).FullName;
        var given = builder.Configuration["RunnerFleet:GitHub:WebhookSecret"];
        var secret = string.IsNullOrWhiteSpace(given) ? SecretOf(host.DataFolder) : given;
        if (host.Launcher == "docker")
        {
            DemoImage.Prepare(host.Docker, Path.Combine(host.DataFolder, "runner"));
        }

        foreach (var part in DemoRunner.Command)
        {
            host.Process.Command.Add(part);
        }

        builder.Services.PostConfigure<RunnerFleetOptions>(o =>
        {
            o.GitHub.WebhookSecret = secret;
            o.GitHub.Token = Token;
            o.GitHub.ApiUrl = new Uri(address, GitHubPath);
            o.Policy.PublicRepositories.Add("*");
            o.Classes.TryAdd("small", new RunnerClassOptions { Cpu = 512, Memory = 1024 });
            o.Classes.TryAdd("large", new RunnerClassOptions { Cpu = Math.Min(4, Environment.ProcessorCount) * 1024, Memory = 8192 }); // an engine starts nothing larger than its machine
        });
        builder.Services.AddSingleton<IFleetObserver, MovePrinter>();
        builder.Configuration["Logging:LogLevel:Default"] = "Warning"; // the moves are the story
        return new Demo(address, secret, Path.Combine(host.DataFolder, "github.json"));
    }

    public void Map(WebApplication app)
    {
        app.MapGitHubStandIn(_gitHub, GitHubPath);
        app.MapPost("/demo/jobs", (HttpRequest request, string? size, int? seconds) =>
        {
            // A page of another site can post a form here, but cannot set a header.
            if (!request.Headers.ContainsKey("X-RunnerFleet"))
            {
                return Results.Problem("Send the header X-RunnerFleet, with any value.", statusCode: StatusCodes.Status403Forbidden);
            }

            var job = Queue(size ?? "small", seconds ?? 2);
            return Results.Accepted($"/api/jobs/{job.Id}", new { jobId = job.Id, labels = job.Labels });
        });
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            Console.WriteLine($"""

                RunnerFleet demo. GitHub and the runner are small stand-ins in this program; the fleet between them is the real one.
                  status page   {_address}
                  another job   curl -X POST -H "X-RunnerFleet: demo" {_address}demo/jobs
                To connect the real GitHub set RunnerFleet__GitHub__WebhookSecret, RunnerFleet__GitHub__Token, RunnerFleet__GitHub__Repository (or
                RunnerFleet__GitHub__Organization) and RunnerFleet__Process__RunnerFolder; for containers, see docs/one-machine.md.

                """);
            _listening.TrySetResult();
            _ = WarnAsync(app.Services.GetRequiredService<IComputeLauncher>());
            if (_gitHub.Jobs.All(job => job.Status == "completed"))
            {
                Queue("small", 2);
            }
        });
    }

    public void Dispose()
    {
        _gitHub.Dispose();
        _http.Dispose();
    }

    /// <summary>Without an engine the demo runs all the same, and its job waits.</summary>
    private static async Task WarnAsync(IComputeLauncher launcher)
    {
        try
        {
            await launcher.ListAsync("demo", null, CancellationToken.None);
        }
        catch (ComputeUnavailableException e)
        {
            Console.WriteLine($"{e.Message} Until then the job waits.");
        }
    }

    private StandInJob Queue(string size, int seconds) =>
        _gitHub.QueueJob(Repository, [Labels[0], $"class:{size}"], new StandInJobOptions { Duration = TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 3600)) });

    private async Task<int> DeliverAsync(StandInDelivery delivery, CancellationToken cancellationToken)
    {
        await _listening.Task.WaitAsync(cancellationToken); // an earlier process may have left some
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_address, "webhook")) { Content = new ReadOnlyMemoryContent(delivery.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach (var (name, value) in delivery.Headers.Where(h => !h.Key.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await _http.SendAsync(request, cancellationToken);
        return (int)response.StatusCode;
    }

    /// <summary>A secret of the demo's own, kept: what runners claim with is derived from it, and they may outlive this process.</summary>
    private static string SecretOf(string folder)
    {
        var path = Path.Combine(folder, "webhook-secret");
        if (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: >= 40 } kept)
        {
            return kept;
        }

        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new StreamWriter(path, options);
        file.Write(secret);
        return secret;
    }

    private static Uri Address(string urls)
    {
        var first = urls.Split(';').Select(u => u.Replace("*", "127.0.0.1", StringComparison.Ordinal).Replace("+", "127.0.0.1", StringComparison.Ordinal).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal))
            .FirstOrDefault(u => u.StartsWith("http://", StringComparison.OrdinalIgnoreCase));
        return new Uri(first ?? HostVerbs.DefaultUrl);
    }
}
