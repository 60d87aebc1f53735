using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Local.Tests.Docker;

/// <summary>What people read in a whole fleet when its containers, or their engine, fail.</summary>
public sealed class DockerFleetTests(TestImage image) : IAsyncLifetime
{
    private const string Secret = "a secret of this test";

    private DockerWorld _world = null!;
    private GitHubStandIn _gitHub = null!;
    private IHost? _host;

    private IRunnerFleet Fleet => _host!.Services.GetRequiredService<IRunnerFleet>();

    public async ValueTask InitializeAsync()
    {
        _world = await DockerWorld.CreateAsync(image);
        _gitHub = new GitHubStandIn(TimeProvider.System, new GitHubStandInOptions { WebhookSecret = Secret, Token = "a-token", Receiver = ReceiveAsync });
        _gitHub.AddRepository("acme/app");
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync(CancellationToken.None);
            _host.Dispose();
        }

        _gitHub?.Dispose();
        await (_world?.DisposeAsync() ?? default);
    }

    [Fact]
    public async Task The_exit_code_and_the_last_lines_of_a_container_are_in_its_runners_history()
    {
        await StartAsync(_world.Endpoint);
        _gitHub.QueueJob("acme/app", ["self-hosted"]);

        var failed = await UntilAsync(runner => runner.IsTerminal);

        Assert.Equal(44, failed.ComputeEnd?.ExitCode);
        Assert.Contains("exit code 44", failed.History[^1].Cause.Message, StringComparison.Ordinal);
        Assert.Contains("nobody said how to behave", failed.History[^1].Cause.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_engine_a_runner_is_pending_and_says_why()
    {
        await StartAsync(new Uri("unix:///nobody-listens-here/docker.sock"));
        var job = _gitHub.QueueJob("acme/app", ["self-hosted"]);

        var waiting = await UntilAsync(runner => runner is { State: RunnerState.Pending, Reason.Code: ReasonCodes.NoCapacity });

        Assert.Contains("The Docker engine cannot be reached at unix:///nobody-listens-here/docker.sock", waiting.Reason!.Message, StringComparison.Ordinal);
        Assert.Empty(waiting.Places);
        Assert.Equal(JobState.Queued, (await Fleet.GetJobAsync(new JobKey("github.com", job.Id), CancellationToken.None))?.State);
    }

    private async Task StartAsync(Uri endpoint)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddRunnerFleet(options =>
            {
                options.Name = _world.Fleet;
                options.PublicUrl = new Uri("https://fleet.example");
                options.GitHub.WebhookSecret = Secret;
                options.GitHub.Token = "a-token";
                options.Labels.DefaultImage = _world.Image;
                options.Classes["small"] = new RunnerClassOptions { Cpu = 256, Memory = 64 };
            })
            .UseDocker(options => options.Endpoint = endpoint)
            .AddWorkers();
        builder.Services.AddHttpClient(RunnerFleetHttpClients.GitHub).ConfigurePrimaryHttpMessageHandler(_gitHub.CreateHandler);
        _host = builder.Build();
        await _host.StartAsync(CancellationToken.None);
    }

    private async Task<Runner> UntilAsync(Func<Runner, bool> condition)
    {
        Runner? found = null;
        await DockerWorld.EventuallyAsync(async () => (found = (await Fleet.ListRunnersAsync(new RunnerQuery(), CancellationToken.None)).Items.FirstOrDefault(condition)) is not null);
        return found!;
    }

    private async Task<int> ReceiveAsync(StandInDelivery delivery, CancellationToken cancellationToken) =>
        await Fleet.ReceiveAsync(new WebhookDelivery
        {
            Body = delivery.Body,
            Event = delivery.Event,
            DeliveryId = delivery.DeliveryId,
            Signature = delivery.Headers["X-Hub-Signature-256"],
            ContentType = "application/json",
        }, cancellationToken) is RunnerFleet.Provisioning.WebhookOutcome.Recorded ? 202 : 500;
}
