using Extensions.InProcess;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Extensions.Tests;

public sealed class WholeFleetTests : IAsyncDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly GitHubStandIn _gitHub;
    private IHost? _host;

    public WholeFleetTests()
    {
        _gitHub = new GitHubStandIn(TimeProvider.System, new GitHubStandInOptions { WebhookSecret = "a secret of this test", Token = "a-token", Receiver = ReceiveAsync });
        _gitHub.AddRepository("acme/app");
    }

    [Fact]
    public async Task A_job_runs_on_a_store_and_a_launcher_of_ones_own_and_is_remembered()
    {
        await StartAsync();
        var job = _gitHub.QueueJob("acme/app", ["self-hosted"], new StandInJobOptions { Duration = TimeSpan.FromSeconds(2) });

        var runner = await UntilOverAsync(job.Id);
        Assert.Equal(RunnerState.Offline, runner.State);
        Assert.Equal("in-process", runner.Compute?.Launcher);
        await StopAsync();

        await StartAsync();
        var remembered = await Fleet.GetJobAsync(new JobKey("github.com", job.Id), None);
        Assert.Equal((JobState.Completed, "success", runner.Id), (remembered?.State, remembered?.Conclusion, remembered?.RunnerId));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _gitHub.Dispose();
        _folder.Dispose();
    }

    private IRunnerFleet Fleet => _host!.Services.GetRequiredService<IRunnerFleet>();

    private async Task StartAsync()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        var (path, gitHub) = (_folder.File("fleet.jsonl"), _gitHub);
        #region extension-registration
        builder.Services.AddRunnerFleet(options =>
            {
                options.PublicUrl = new Uri("http://127.0.0.1:5080");
                options.GitHub.WebhookSecret = "a secret of this test";
                options.GitHub.Token = "a-token";
            })
            .UseJournal(path)
            .UseInProcessLauncher(services => new StandInProgram(services, gitHub, TimeProvider.System).RunAsync)
            .AddWorkers();
        #endregion
        builder.Services.AddHttpClient(RunnerFleetHttpClients.GitHub).ConfigurePrimaryHttpMessageHandler(_gitHub.CreateHandler);
        _host = builder.Build();
        await _host.StartAsync(None);
    }

    private async Task StopAsync()
    {
        if (_host is { } host)
        {
            _host = null;
            await host.StopAsync(None);
            host.Dispose();
        }
    }

    private async Task<int> ReceiveAsync(StandInDelivery delivery, CancellationToken cancellationToken) =>
        await Fleet.ReceiveAsync(new WebhookDelivery
        {
            Body = delivery.Body,
            Event = delivery.Event,
            DeliveryId = delivery.DeliveryId,
            Signature = delivery.Headers["X-Hub-Signature-256"],
            ContentType = "application/json",
        }, cancellationToken) is WebhookOutcome.Recorded ? 202 : 500;

    private async Task<Runner> UntilOverAsync(long jobId)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        while (true)
        {
            var job = await Fleet.GetJobAsync(new JobKey("github.com", jobId), patience.Token);
            if (job is { State: JobState.Completed, RunnerId: { } id } && await Fleet.GetRunnerAsync(id, patience.Token) is { IsTerminal: true } runner)
            {
                return runner;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        }
    }
}
