using System.Text;
using Amazon;
using Amazon.Extensions.NETCore.Setup;
using Amazon.Runtime;
using LambdaHost;
using LambdaHost.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using RunnerFleet.AspNetCore.Tests.Hosting;

namespace RunnerFleet.LambdaHost.Tests.Runtime;

/// <summary>The function in this process, over a fleet that answers what a test says.</summary>
internal sealed class InProcess : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly MemoryStream _output = new();
    private readonly RuntimeApi _api;
    private readonly JsonLines _log;

    private InProcess(FakeRuntime runtime, FakeRunnerFleet fleet, Dictionary<string, string?> settings, TimeProvider clock, Action<IServiceCollection>? change)
    {
        (Runtime, Fleet) = (runtime, fleet);
        _api = new RuntimeApi(runtime.Address);
        _log = new JsonLines(Stream.Synchronized(_output), clock);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        Ended = Task.Run(() => new Function(configuration, _api, _log, clock, services =>
        {
            services.AddSingleton(new AWSOptions { Region = RegionEndpoint.EUCentral1, Credentials = new BasicAWSCredentials("test", "test") });
            services.Replace(ServiceDescriptor.Singleton<IRunnerFleet>(s =>
            {
                Services = s;
                return fleet;
            }));
            change?.Invoke(services);
        }).RunAsync(_end.Token));
    }

    public static Dictionary<string, string?> Settings => new()
    {
        ["RunnerFleet:Name"] = "test",
        ["RunnerFleet:PublicUrl"] = "https://fleet.example",
        ["RunnerFleet:GitHub:WebhookSecret"] = "a webhook secret",
        ["RunnerFleet:GitHub:Token"] = "a-token",
        ["RunnerFleet:Aws:Ecs:Cluster"] = "runners",
        ["RunnerFleet:Aws:Ecs:Subnets:0"] = "subnet-0123456789abcdef0",
        ["RunnerFleet:Aws:Sqs:QueueUrl"] = "https://sqs.eu-central-1.amazonaws.com/123456789012/fleet",
    };

    public FakeRuntime Runtime { get; }

    public FakeRunnerFleet Fleet { get; }

    /// <summary>The function's services; there once the fleet was asked for something.</summary>
    public IServiceProvider Services { get; private set; } = null!;

    /// <summary>The exit code.</summary>
    public Task<int> Ended { get; }

    public string Output => Encoding.UTF8.GetString(_output.ToArray());

    public static Task<InProcess> StartAsync(params (string Name, string? Value)[] settings) => StartAsync(TimeProvider.System, null, settings);

    public static async Task<InProcess> StartAsync(TimeProvider clock, Action<IServiceCollection>? change, params (string Name, string? Value)[] settings)
    {
        var all = Settings;
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        return new InProcess(await FakeRuntime.StartAsync(), new FakeRunnerFleet(), all, clock, change);
    }

    public Task<Told> InvokeAsync(System.Text.Json.Nodes.JsonNode payload, DateTimeOffset? deadline = null) => Runtime.InvokeAsync(payload, deadline);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Ended.ContinueWith(_ => { }, TaskScheduler.Default);
        await Runtime.DisposeAsync();
        _api.Dispose();
        _end.Dispose();
    }
}
