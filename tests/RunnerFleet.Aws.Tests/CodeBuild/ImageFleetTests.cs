using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.GitHub.Rest;
using RunnerFleet.Images;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Aws.Tests.CodeBuild;

/// <summary>The real engine over the builder: jobs that ask for an image, from their webhook to the launch. Nothing happens by itself; tests deliver, drain and pass time.</summary>
public sealed class ImageFleetTests : IAsyncDisposable
{
    private const string Secret = "a webhook secret of the tests";

    private readonly CodeBuildWorld _world = new();
    private readonly FakeComputeLauncher _launcher;
    private readonly GitHubStandIn _gitHub;
    private readonly ServiceProvider _services;
    private readonly IRunnerFleet _fleet;

    public ImageFleetTests()
    {
        _launcher = new FakeComputeLauncher(_world.Clock);
        _gitHub = new GitHubStandIn(_world.Clock, new GitHubStandInOptions { WebhookSecret = Secret, Token = "a-token", DeliverAutomatically = false, Receiver = ReceiveAsync });
        _gitHub.AddRepository("acme/app");
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<TimeProvider>(_world.Clock);
        services.AddSingleton<IRunnerStore>(_world.Store);
        services.AddSingleton<IComputeLauncher>(_launcher);
        services.AddSingleton<ICodeBuildApi>(new CodeBuildClient(RunnerFleet.Testing.Aws.AwsStandIn.Credentials, _world.Config(CodeBuildClient.Service)));
        services.AddSingleton<IEcrApi>(new EcrClient(RunnerFleet.Testing.Aws.AwsStandIn.Credentials, _world.Config(EcrClient.Service)));
        services.AddRunnerFleet(o =>
        {
            o.Name = "test";
            o.PublicUrl = new Uri("https://fleet.example");
            o.GitHub.WebhookSecret = Secret;
            o.GitHub.Token = "a-token";
        }).UseCodeBuild(o => (o.Project, o.RepositoryUri) = (CodeBuildWorld.Project, _world.RepositoryUri));
        services.AddHttpClient(RunnerFleetHttpClients.GitHub).ConfigurePrimaryHttpMessageHandler(_gitHub.CreateHandler);
        _services = services.BuildServiceProvider();
        _fleet = _services.GetRequiredService<IRunnerFleet>();
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _gitHub.Dispose();
        _world.Dispose();
    }

    [Fact]
    public async Task Ten_jobs_for_one_image_wait_for_one_build_and_go_on_with_its_event()
    {
        var jobs = Enumerable.Range(0, 10).Select(_ => Queue()).ToList();
        await DeliverAndDrainAsync();
        var build = Assert.Single(_world.Builds);
        foreach (var job in jobs)
        {
            var waiting = await RunnerOfAsync(job);
            Assert.Equal((RunnerState.ImageCreating, build.Id), (waiting.State, waiting.ImageBuildId));
        }

        _world.Aws.CodeBuild.Succeed(build.Id);
        _world.Aws.ForgetCalls();
        using var change = JsonDocument.Parse(_world.Aws.CodeBuild.CreateEvent(build.Id));
        await _fleet.HandleEventAsync(new FleetEvent.ImageBuildChanged(CodeBuildId.Read(change.RootElement.GetProperty("detail").GetProperty("build-id").GetString()!)!), _world.Cancel);
        await _fleet.DrainAsync(_world.Cancel);

        var image = $"{_world.RepositoryUri}@{_world.Aws.Ecr.ListImages(CodeBuildWorld.Repository).Single().Digest}";
        Assert.Equal(10, _launcher.Launches.Count);
        Assert.All(_launcher.Launches, launch => Assert.Equal(image, launch.Plan.Image));
    }

    [Fact]
    public async Task A_runner_whose_build_s_event_was_lost_goes_on_by_the_sweeper()
    {
        var job = Queue();
        await DeliverAndDrainAsync();
        _world.Aws.CodeBuild.Succeed(Assert.Single(_world.Builds).Id);

        for (var i = 0; i < 5 && _launcher.Launches.Count == 0; i++)
        {
            _world.Clock.Advance(TimeSpan.FromMinutes(1));
            await _fleet.SweepAsync(_world.Cancel);
            await _fleet.DrainAsync(_world.Cancel);
        }

        Assert.Equal(RunnerState.WaitingForJob, (await RunnerOfAsync(job)).State);
        Assert.Single(_world.Builds);
    }

    [Fact]
    public async Task A_failed_build_is_the_runner_s_reason_with_a_link_and_is_tried_again()
    {
        var job = Queue();
        await DeliverAndDrainAsync();
        var build = Assert.Single(_world.Builds);
        _world.Aws.CodeBuild.End(build.Id, "FAILED", "Reason: exit status 1");
        await _fleet.HandleEventAsync(new FleetEvent.ImageBuildChanged(build.Id), _world.Cancel);

        var waiting = await RunnerOfAsync(job);
        Assert.Equal((RunnerState.Pending, ReasonCodes.ImageFailed), (waiting.State, waiting.Reason!.Code));
        Assert.Contains("exit status 1", waiting.Reason.Message, StringComparison.Ordinal);
        Assert.Equal("console.aws.amazon.com", waiting.Reason.Link!.Host);
        Assert.Equal(_world.Clock.GetUtcNow().AddMinutes(2), waiting.NotBefore);

        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        await _fleet.DrainAsync(_world.Cancel);
        _world.Aws.CodeBuild.Succeed(_world.Builds[1].Id);
        await _fleet.HandleEventAsync(new FleetEvent.ImageBuildChanged(_world.Builds[1].Id), _world.Cancel);
        await _fleet.DrainAsync(_world.Cancel);
        Assert.Equal(RunnerState.WaitingForJob, (await RunnerOfAsync(job)).State);
    }

    [Fact]
    public async Task An_image_that_is_given_up_ends_the_runner_and_the_job_shows_why()
    {
        var job = Queue();
        await DeliverAndDrainAsync();
        var runner = await RunnerOfAsync(job);
        _world.Aws.CodeBuild.End(Assert.Single(_world.Builds).Id, "FAILED", "Reason: exit status 65");
        await _fleet.HandleEventAsync(new FleetEvent.ImageBuildChanged(_world.Builds[0].Id), _world.Cancel);

        var ended = await _fleet.GetRunnerAsync(runner.Id, _world.Cancel);
        Assert.Equal((RunnerState.Failed, ReasonCodes.ImageFailed), (ended!.State, ended.Reason!.Code));
        Assert.Contains("exit status 65", (await _fleet.GetJobAsync(new JobKey("github.com", job.Id), _world.Cancel))!.Diagnostic!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_limit_of_the_account_delays_jobs_and_loses_none(int limit)
    {
        (_world.Aws.CodeBuild.ConcurrentBuildLimit, _world.Aws.CodeBuild.QueueLimit, _world.Aws.CodeBuild.BuildDuration) = (limit, 0, TimeSpan.FromMinutes(3));
        StandInJob[] jobs = [Queue("image:ubuntu:22.04"), Queue("image:debian:bookworm")];
        await DeliverAndDrainAsync();
        Runner[] runners = [await RunnerOfAsync(jobs[0]), await RunnerOfAsync(jobs[1])]; // of one moment, so that either may come first
        Assert.Equal(limit, runners.Count(runner => runner.State == RunnerState.ImageCreating));
        var waiting = runners.First(runner => runner.State == RunnerState.Pending);
        Assert.Equal(ReasonCodes.ImageFailed, waiting.Reason!.Code);
        Assert.Contains("Concurrently running builds", waiting.Reason.Message, StringComparison.Ordinal);
        if (limit == 0)
        {
            await PassAsync(TimeSpan.FromHours(1));
            Assert.Empty(_launcher.Launches);
            _world.Aws.CodeBuild.ConcurrentBuildLimit = 1; // AWS has raised it
        }

        await PassAsync(TimeSpan.FromMinutes(12));

        foreach (var job in jobs)
        {
            Assert.Equal(RunnerState.WaitingForJob, (await RunnerOfAsync(job)).State);
        }

        Assert.Equal(2, _world.Builds.Count);
    }

    [Fact]
    public async Task A_wrong_set_up_heals_without_losing_the_job()
    {
        _world.Aws.CodeBuild.DeleteProject(CodeBuildWorld.Project);
        var job = Queue();
        await DeliverAndDrainAsync();
        await PassAsync(TimeSpan.FromMinutes(40));
        var waiting = await RunnerOfAsync(job);
        Assert.Equal(RunnerState.Pending, waiting.State);
        Assert.Contains("no CodeBuild project", waiting.Reason!.Message, StringComparison.Ordinal);

        _world.Aws.CodeBuild.CreateProject(CodeBuildWorld.Project);
        _world.Aws.CodeBuild.BuildDuration = TimeSpan.FromMinutes(2);
        await PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal((RunnerState.WaitingForJob, waiting.Id), ((await RunnerOfAsync(job)).State, (await RunnerOfAsync(job)).Id));
    }

    [Fact]
    public async Task A_runner_that_cannot_pull_a_ready_image_has_it_built_anew_once_and_its_job_is_served()
    {
        _world.Aws.CodeBuild.BuildDuration = TimeSpan.FromMinutes(2);
        var job = Queue();
        await DeliverAndDrainAsync();
        await PassAsync(TimeSpan.FromMinutes(5));
        var first = Assert.Single(_launcher.Launches).Plan.Image;
        var runner = await RunnerOfAsync(job);
        _launcher.End(runner.Compute!, new ComputeEnd { Reason = "CannotPullContainerError", ImageUnavailable = true });
        await _fleet.HandleEventAsync(new FleetEvent.ComputeChanged(_launcher.Computes.Single()), _world.Cancel);

        await PassAsync(TimeSpan.FromMinutes(10));

        Assert.Equal(2, _world.Builds.Count);
        Assert.NotEqual(first, _launcher.Launches[^1].Plan.Image);
        Assert.Equal(RunnerState.WaitingForJob, (await RunnerOfAsync(job)).State);
    }

    [Fact]
    public async Task An_ECR_that_is_away_is_no_missing_image()
    {
        await _world.BuildAsync(_world.AddHost());
        _world.Aws.FailNext(1, "DescribeImages", "ServerException", "Away.", 500);
        var job = Queue();
        await DeliverAndDrainAsync();
        Assert.Equal(ReasonCodes.ImageUnknown, (await RunnerOfAsync(job)).Reason!.Code);

        await PassAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(RunnerState.WaitingForJob, (await RunnerOfAsync(job)).State);
        Assert.Single(_world.Builds);
    }

    private StandInJob Queue(string label = "image:ubuntu:22.04") => _gitHub.QueueJob("acme/app", ["self-hosted", label]);

    private async Task DeliverAndDrainAsync()
    {
        await _gitHub.DeliverPendingAsync(_world.Cancel);
        await _fleet.DrainAsync(_world.Cancel);
    }

    private async Task PassAsync(TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(30))
        {
            _world.Clock.Advance(TimeSpan.FromSeconds(30));
            await DeliverAndDrainAsync();
        }
    }

    private async Task<Runner> RunnerOfAsync(StandInJob job)
    {
        var record = await _fleet.GetJobAsync(new JobKey("github.com", job.Id), _world.Cancel);
        return await _fleet.GetRunnerAsync(record!.RunnerId!, _world.Cancel) ?? throw new InvalidOperationException("The job's runner is not there.");
    }

    private async Task<int> ReceiveAsync(StandInDelivery delivery, CancellationToken cancellationToken) =>
        await _fleet.ReceiveAsync(new WebhookDelivery { Body = delivery.Body, Event = delivery.Event, DeliveryId = delivery.DeliveryId, Signature = delivery.Headers["X-Hub-Signature-256"], ContentType = "application/json" }, cancellationToken) is WebhookOutcome.Recorded ? 202 : 400;
}
