using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RunnerFleet;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;
using RunnerFleet.Testing.GitHub;

using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
var cancel = deadline.Token;
var folder = Directory.CreateTempSubdirectory("runnerfleet-consumer");
IRunnerFleet? fleet = null;

#region github-stand-in
using var gitHub = new GitHubStandIn(TimeProvider.System, new GitHubStandInOptions
{
    WebhookSecret = "a webhook secret",
    Receiver = async (delivery, cancellationToken) =>
    {
        var outcome = await fleet!.ReceiveAsync(
            new WebhookDelivery
            {
                Body = delivery.Body,
                Event = delivery.Event,
                DeliveryId = delivery.DeliveryId,
                Signature = delivery.Headers["X-Hub-Signature-256"],
                ContentType = delivery.Headers["Content-Type"],
            },
            cancellationToken);
        return outcome is WebhookOutcome.Recorded ? 202 : 400;
    },
});
#endregion

var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());

#region a-fleet
builder.Services.AddRunnerFleet(options =>
    {
        options.PublicUrl = new Uri("https://fleet.example");
        options.GitHub.WebhookSecret = "a webhook secret";
        options.GitHub.Token = "a-token";
        options.Classes["small"] = new RunnerClassOptions { Cpu = 512, Memory = 1024 };
    })
    .UseSqlite(o => o.Path = Path.Combine(folder.FullName, "fleet.db"))
    .UseLauncher<FakeComputeLauncher>()
    .AddWorkers();
#endregion

#region github-in-process
builder.Services.AddHttpClient(RunnerFleetHttpClients.GitHub).ConfigurePrimaryHttpMessageHandler(gitHub.CreateHandler);
#endregion

using var host = builder.Build();
fleet = host.Services.GetRequiredService<IRunnerFleet>();
var launcher = (FakeComputeLauncher)host.Services.GetRequiredService<IComputeLauncher>();
await host.StartAsync(cancel);

// GitHub queues a job; the fleet launches a runner, which claims its registration and takes the job.
var job = gitHub.QueueJob("acme/app", ["self-hosted", "class:small"]);
while (launcher.Launches.Count == 0)
{
    await Task.Delay(20, cancel);
}

var launch = launcher.Launches[0];
var request = new ClaimRequest { RunnerId = launch.Identity.RunnerId, Attempt = launch.Identity.Attempt, Secret = launch.Environment[RunnerEnvironment.ClaimSecret] };
ClaimOutcome claim;
while ((claim = await fleet.ClaimAsync(request, cancel)) is ClaimOutcome.Busy)
{
    await Task.Delay(20, cancel); // the launch is still being recorded
}

var session = gitHub.Connect(((ClaimOutcome.Registered)claim).EncodedJitConfig)!.Value;
gitHub.TakeJob(session);
gitHub.CompleteJob(session);
await gitHub.DeliverPendingAsync(cancel);
launcher.End(launch.Identity.RunnerId, exitCode: 0);

Runner? runner;
while ((runner = await fleet.GetRunnerAsync(launch.Identity.RunnerId, cancel))?.State != RunnerState.Offline)
{
    await Task.Delay(20, cancel);
}

var stored = (await fleet.ListJobsAsync(new JobQuery(), cancel)).Items.Single();
Console.WriteLine($"job {stored.State}, {launcher.Launches.Count} launch, runner {runner.State}, GitHub {gitHub.Jobs.Single(j => j.Id == job.Id).Conclusion}, file {File.Exists(Path.Combine(folder.FullName, "fleet.db"))}");
await host.StopAsync(cancel);
