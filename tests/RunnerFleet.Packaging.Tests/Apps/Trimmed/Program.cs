using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RunnerFleet;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Provisioning;
using RunnerFleet.Storage;
using System.Security.Cryptography;
using System.Text;

var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
{
    ["Name"] = "trimmed",
    ["PublicUrl"] = "https://fleet.example",
    ["GitHub:WebhookSecret"] = "a webhook secret",
    ["GitHub:Token"] = "a-token",
    ["Classes:small:Cpu"] = "512",
    ["Classes:small:Memory"] = "1024",
}).Build();
var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
builder.Services.AddRunnerFleet(settings).UseLauncher<NoCompute>();
using var host = builder.Build();
await host.StartAsync();
var fleet = host.Services.GetRequiredService<IRunnerFleet>();

var body = Encoding.UTF8.GetBytes("""
    {"action":"queued",
     "workflow_job":{"id":1,"run_id":2,"run_attempt":1,"status":"queued","name":"build","workflow_name":"CI","labels":["self-hosted","class:small"]},
     "repository":{"id":3,"name":"app","full_name":"acme/app","private":true,"owner":{"id":4,"login":"acme","type":"Organization"}}}
    """);
var outcome = await fleet.ReceiveAsync(
    new WebhookDelivery
    {
        Body = body,
        Event = "workflow_job",
        DeliveryId = "a delivery",
        ContentType = "application/json",
        Signature = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes("a webhook secret"), body)),
    },
    CancellationToken.None);
var classes = await fleet.GetClassesAsync(CancellationToken.None);
Console.WriteLine($"{fleet.Name} {outcome.GetType().Name} {string.Join(',', classes.Keys)}");
await host.StopAsync();

internal sealed class NoCompute : IComputeLauncher
{
    public string Name => "none";

    public LauncherCapabilities Capabilities { get; } = new();

    public Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<FindOutcome> FindAsync(ComputeIdentity identity, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<StopOutcome> StopAsync(RunnerFleet.Runners.ComputeRef compute, string reason, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyDictionary<RunnerFleet.Runners.ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<RunnerFleet.Runners.ComputeRef> computes, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<Page<ComputeDescription>> ListAsync(string fleet, string? continuation, CancellationToken cancellationToken) => throw new NotSupportedException();
}
