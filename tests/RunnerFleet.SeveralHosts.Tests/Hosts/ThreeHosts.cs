using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.Hosts.Tests;
using RunnerFleet.Runners;
using RunnerFleet.SeveralHosts.Tests.Checks;
using RunnerFleet.SeveralHosts.Tests.Engines;
using RunnerFleet.Storage;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.SeveralHosts.Tests.Hosts;

/// <summary>Three processes of samples/AspNetHost over one data folder, each on a port of its own, and a GitHub whose webhooks reach any of them.</summary>
internal sealed class ThreeHosts : IAsyncDisposable
{
    public const int Count = 3;
    public const string Organization = "octo-org";
    public static readonly string[] Repositories = [Organization + "/app", Organization + "/site"];
    public static readonly FleetLimits Limits = new(Fleet: 4, Small: 3, Large: 2, Repository: 3);

    private const string Secret = "the webhook secret of these tests";
    private const string Token = "token-of-these-tests";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly HostProcess?[] _hosts = new HostProcess?[Count];
    private readonly Uri[] _urls = [.. Enumerable.Range(0, Count).Select(_ => new Uri($"http://127.0.0.1:{HostProcess.FreePort()}/"))];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private ServiceProvider? _reader;
    private GitHubStandInServer? _server;
    private int _turn;
    private int _deliveries;
    private int _duplicates;

    private ThreeHosts()
    {
        Directory.CreateDirectory(Folder);
        GitHub = new GitHubStandIn(TimeProvider.System, new() { WebhookSecret = Secret, Token = Token, Receiver = DeliverAsync });
        foreach (var repository in Repositories)
        {
            GitHub.AddRepository(repository);
        }
    }

    public string Name { get; } = "s" + RandomNumberGenerator.GetHexString(10, lowercase: true);

    public GitHubStandIn GitHub { get; }

    public int Deliveries => _deliveries;

    public int Duplicates => _duplicates;

    /// <summary>The hosts' own file, read beside them.</summary>
    public IRunnerStore Store => (_reader ??= SqliteStores.Provider(Path.Combine(Data, "fleet.db"))).GetRequiredService<IRunnerStore>();

    private string Folder => Path.Combine(Path.GetTempPath(), "runnerfleet-" + Name);

    private string Data => Path.Combine(Folder, "data");

    /// <summary>Starts all three at once over a folder that does not exist yet.</summary>
    public static async Task<ThreeHosts> StartAsync()
    {
        var world = new ThreeHosts();
        world._server = await GitHubStandInServer.StartAsync(world.GitHub);
        await Task.WhenAll(Enumerable.Range(0, Count).Select(world.StartAsync));
        return world;
    }

    public async Task StartAsync(int number)
    {
        var host = _hosts[number] = HostProcess.Start(Folder, Settings(number), [HostProcess.Program]);
        await EventuallyAsync(async () =>
        {
            Assert.False(host.HasExited, host.Output);
            try
            {
                using var answer = await _http.GetAsync(new Uri(_urls[number], "healthz"));
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, "host " + number);
    }

    /// <summary>SIGKILL: what it was doing stays as it is.</summary>
    public Task KillAsync(int number) => _hosts[number]!.KillAsync();

    public async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, $"Not within {Patience.TotalSeconds} s: {what}.\n{await StateAsync()}\n{string.Join('\n', _hosts.Select(h => h?.Output))}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>All runners that ever were recorded, with their histories.</summary>
    public async Task<IReadOnlyList<Runner>> RunnersAsync() => (await Store.ListRunnersAsync(new RunnerQuery { Take = 1000 }, CancellationToken.None)).Items;

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts.OfType<HostProcess>())
        {
            await host.DisposeAsync();
        }

        Leftovers.Kill(Name);
        GitHub.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        if (_reader is not null)
        {
            await _reader.DisposeAsync();
        }

        _http.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>As a load balancer would: the next host, or another where that one does not answer. Every third event reaches two hosts at once, every fifth all three.</summary>
    private async Task<int> DeliverAsync(StandInDelivery delivery, CancellationToken cancellationToken)
    {
        var turn = Interlocked.Increment(ref _turn);
        var copies = turn % 5 == 0 ? 3 : turn % 3 == 0 ? 2 : 1;
        Interlocked.Add(ref _duplicates, copies - 1);
        var codes = await Task.WhenAll(Enumerable.Range(turn, copies).Select(first => PostAsync(delivery, first, cancellationToken)));
        return codes.Max();
    }

    private async Task<int> PostAsync(StandInDelivery delivery, int first, CancellationToken cancellationToken)
    {
        for (var i = first; i < first + Count; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_urls[i % Count], "webhook")) { Content = new ReadOnlyMemoryContent(delivery.Body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            foreach (var (name, value) in delivery.Headers.Where(h => h.Key != "Content-Type"))
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            try
            {
                Interlocked.Increment(ref _deliveries);
                using var answer = await _http.SendAsync(request, cancellationToken);
                if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
                {
                    return (int)answer.StatusCode;
                }
            }
            catch (HttpRequestException)
            {
                // that host is down, or died with the answer on its lips: the next one may get it for the second time
            }
        }

        return 0;
    }

    private async Task<string> StateAsync()
    {
        var jobs = (await Store.ListJobsAsync(new JobQuery { Take = 1000 }, CancellationToken.None)).Items;
        return string.Join('\n', jobs.Select(Show.Job).Concat((await RunnersAsync()).Select(Show.Runner)));
    }

    private Dictionary<string, string> Settings(int number)
    {
        var settings = new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = _urls[number].AbsoluteUri.TrimEnd('/'),
        };
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["Name"] = Name,
            ["DataFolder"] = Data,
            ["GitHub:ApiUrl"] = _server!.Url.AbsoluteUri,
            ["GitHub:WebhookSecret"] = Secret,
            ["GitHub:Token"] = Token,
            ["GitHub:Organization"] = Organization,
            ["Policy:AllowDefaultRunnerGroup"] = "true",
            ["Limits:Fleet"] = Number(Limits.Fleet),
            ["Limits:PerRepository"] = Number(Limits.Repository),
            ["Classes:small:Limit"] = Number(Limits.Small),
            ["Classes:large:Limit"] = Number(Limits.Large),
            ["Process:Command:0"] = HostProcess.Dotnet,
            ["Process:Command:1"] = HostProcess.Program,
            ["Process:Command:2"] = "demo-runner",
            ["Process:StopGraceSeconds"] = "5",
            ["Timing:IdleProofSeconds"] = "1",
            ["Timing:IdleCheckSeconds"] = "5",
            ["Timing:RetrySeconds"] = "1",
            ["Timing:ExitGraceSeconds"] = "5",
            ["Timing:DrainIntervalSeconds"] = "1",
            ["Timing:SweepIntervalSeconds"] = "5",
        })
        {
            settings["RunnerFleet:" + name] = value;
        }

        return settings;
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
