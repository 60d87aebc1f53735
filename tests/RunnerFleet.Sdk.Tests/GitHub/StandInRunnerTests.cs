using System.Text;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Tests.GitHub;

/// <summary>The stand-in's runner program, over real HTTP.</summary>
public sealed class StandInRunnerTests : IAsyncLifetime
{
    private const string Repository = "octo-org/octo-repo";
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private readonly GitHubStandIn _gitHub = new(TimeProvider.System);
    private readonly CancellationTokenSource _stop = new();
    private readonly LockedWriter _output = new();
    private GitHubStandInServer _server = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await GitHubStandInServer.StartAsync(_gitHub);
        _http = new() { BaseAddress = _server.Url };
        _http.DefaultRequestHeaders.Authorization = new("Bearer", "any");
        _gitHub.AddRepository(Repository);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _http.Dispose();
        await _server.DisposeAsync();
        _gitHub.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task A_runner_connects_runs_its_job_and_leaves()
    {
        var running = StartAsync(await RegisterAsync());
        await SaysAsync("Listening for Jobs");
        Assert.True(Assert.Single(_gitHub.Runners).IsOnline);
        _gitHub.QueueJob(Repository, ["self-hosted"], new() { Name = "lint", Duration = TimeSpan.FromMilliseconds(50) });

        Assert.Equal(StandInRunner.Done, await running);

        Assert.Contains("√ Connected to GitHub", _output.Text, StringComparison.Ordinal);
        Assert.Contains("Running job: lint", _output.Text, StringComparison.Ordinal);
        Assert.Contains("Job lint completed with result: Succeeded", _output.Text, StringComparison.Ordinal);
        Assert.Equal(("completed", "success", "rf-a"), (_gitHub.Jobs[0].Status, _gitHub.Jobs[0].Conclusion, _gitHub.Jobs[0].RunnerName));
        Assert.Empty(_gitHub.Runners);
    }

    [Fact]
    public async Task A_job_that_waits_already_is_taken_and_may_fail()
    {
        _gitHub.QueueJob(Repository, ["self-hosted"], new() { Duration = TimeSpan.Zero, Conclusion = "failure" });

        Assert.Equal(StandInRunner.Done, await StartAsync(await RegisterAsync()));
        Assert.Contains("result: Failed", _output.Text, StringComparison.Ordinal);
        Assert.Equal("failure", _gitHub.Jobs[0].Conclusion);
    }

    [Fact]
    public async Task A_runner_whose_registration_is_deleted_ends_with_1()
    {
        var running = StartAsync(await RegisterAsync());
        await SaysAsync("Listening for Jobs");

        (await _http.DeleteAsync($"repos/{Repository}/actions/runners/{_gitHub.Runners[0].Id}")).EnsureSuccessStatusCode();

        Assert.Equal(StandInRunner.Terminated, await running);
    }

    [Fact]
    public async Task A_registration_that_is_gone_or_no_configuration_at_all_ends_with_1()
    {
        var gone = await RegisterAsync();
        (await _http.DeleteAsync($"repos/{Repository}/actions/runners/{_gitHub.Runners[0].Id}")).EnsureSuccessStatusCode();

        Assert.Equal(StandInRunner.Terminated, await StartAsync(gone));
        Assert.Equal(StandInRunner.Terminated, await StartAsync("not base64!"));
        Assert.Equal(StandInRunner.Terminated, await StartAsync(Convert.ToBase64String("{}"u8)));
    }

    [Fact]
    public async Task A_configuration_serves_one_job_only()
    {
        var config = await RegisterAsync();
        _gitHub.QueueJob(Repository, ["self-hosted"], new() { Duration = TimeSpan.Zero });
        Assert.Equal(StandInRunner.Done, await StartAsync(config));

        Assert.Equal(StandInRunner.Terminated, await StartAsync(config));
    }

    [Fact]
    public async Task An_idle_runner_that_is_stopped_leaves_its_registration_behind()
    {
        var running = StartAsync(await RegisterAsync());
        await SaysAsync("Listening for Jobs");
        await _stop.CancelAsync();

        Assert.Equal(StandInRunner.Stopped, await running);
        Assert.False(Assert.Single(_gitHub.Runners).IsOnline);
    }

    [Fact]
    public async Task A_runner_that_is_stopped_in_a_job_fails_the_job()
    {
        _gitHub.QueueJob(Repository, ["self-hosted"], new() { Duration = Long });
        var running = StartAsync(await RegisterAsync());
        await SaysAsync("Running job");
        await _stop.CancelAsync();

        Assert.Equal(StandInRunner.Stopped, await running);
        Assert.Equal(("completed", "failure"), (_gitHub.Jobs[0].Status, _gitHub.Jobs[0].Conclusion));
        Assert.Empty(_gitHub.Runners);
    }

    [Fact]
    public async Task A_job_cancelled_at_GitHub_stops_at_its_runner()
    {
        var job = _gitHub.QueueJob(Repository, ["self-hosted"], new() { Duration = Long });
        var running = StartAsync(await RegisterAsync());
        await SaysAsync("Running job");
        _gitHub.CancelJob(job.Id);

        Assert.Equal(StandInRunner.Done, await running);
        Assert.Equal("cancelled", _gitHub.Jobs[0].Conclusion);
        Assert.Contains("result: Canceled", _output.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Below_a_path_of_an_application_everything_works_the_same()
    {
        await using var app = await GitHubStandInTests.StartAsync(web => web.MapGitHubStandIn(_gitHub, "/standin/github"));
        var api = new Uri(app.Urls.First() + "/standin/github");
        await using var services = Registrars.Build(api, "any", TimeProvider.System);
        var scope = new RunnerFleet.Runners.RunnerScope { Kind = RunnerFleet.Runners.RunnerScopeKind.Repository, Owner = "octo-org", Repository = "octo-repo" };
        var minted = await services.Registrar().CreateJitConfigAsync(new() { Scope = scope, Name = "rf-a", Labels = ["self-hosted"] }, default);
        _gitHub.QueueJob(Repository, ["self-hosted"], new() { Duration = TimeSpan.Zero });

        Assert.Equal(StandInRunner.Done, await StartAsync(minted.Value!.EncodedJitConfig));
        Assert.True(minted.Value.EncodedJitConfig.Length > 4096); // as the real ones are
    }

    [Fact]
    public async Task A_runner_that_falls_silent_goes_offline_and_its_job_fails()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        using var gitHub = new GitHubStandIn(clock, new() { OfflineAfter = TimeSpan.FromSeconds(15), JobLostAfter = TimeSpan.FromSeconds(60) });
        gitHub.QueueJob(Repository, ["self-hosted"], new() { Duration = Long });
        var config = await GitHubStandInTests.RegisterAsync(gitHub, "rf-a", "self-hosted");
        var running = StandInRunner.RunAsync(config, _output, clock, new CutHandler(gitHub.CreateHandler()), _stop.Token);
        await SaysAsync("Running job");

        clock.Advance(TimeSpan.FromSeconds(20));
        Assert.False(gitHub.Runners[0].IsOnline);
        Assert.Equal("in_progress", gitHub.Jobs[0].Status);
        clock.Advance(TimeSpan.FromSeconds(45));
        Assert.Equal(("completed", "failure"), (gitHub.Jobs[0].Status, gitHub.Jobs[0].Conclusion));
        Assert.Empty(gitHub.Runners);
        await _stop.CancelAsync();
        Assert.Equal(StandInRunner.Stopped, await running);
    }

    private Task<int> StartAsync(string encodedJitConfig) => StandInRunner.RunAsync(encodedJitConfig, _output, TimeProvider.System, _stop.Token);

    private Task SaysAsync(string text) => GitHubStandInTests.UntilAsync(() => _output.Text.Contains(text, StringComparison.Ordinal));

    private async Task<string> RegisterAsync()
    {
        using var content = new StringContent("""{"name":"rf-a","runner_group_id":1,"labels":["self-hosted"]}""", Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync($"repos/{Repository}/actions/runners/generate-jitconfig", content);
        return System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement.GetProperty("encoded_jit_config").GetString()!;
    }

    /// <summary>A runner that cannot renew its job any more.</summary>
    private sealed class CutHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            request.RequestUri!.AbsolutePath.Contains("/jobs/", StringComparison.Ordinal)
                ? Task.FromException<HttpResponseMessage>(new HttpRequestException("cut"))
                : base.SendAsync(request, cancellationToken);
    }

    private sealed class LockedWriter : StringWriter
    {
        public string Text
        {
            get
            {
                lock (this)
                {
                    return ToString();
                }
            }
        }

        public override Task WriteLineAsync(string? value)
        {
            lock (this)
            {
                WriteLine(value);
            }

            return Task.CompletedTask;
        }
    }
}
