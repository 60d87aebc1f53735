using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Images;
using RunnerFleet.Tests;

namespace RunnerFleet.Local.Tests.Docker.Images;

public sealed class DockerFinishedImagesTests : IAsyncLifetime
{
    private ImageWorld _world = null!;
    private RegistryStandIn _registry = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _world = await ImageWorld.CreateAsync();
        _registry = await RegistryStandIn.StartAsync(_world);
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task An_image_that_was_made_on_the_engine_is_ready_under_its_own_name()
    {
        var request = await _world.NewRequestAsync();
        var builder = _world.CreateFinished(options => options.Pull = false);

        Assert.Equal(request.BaseImage, Assert.IsType<ImageOutcome.Ready>(await builder.ResolveAsync(request, Cancel)).Image);
    }

    [Fact]
    public async Task A_pulled_image_is_run_by_its_digest_even_when_its_tag_has_moved()
    {
        var request = Put("first");
        var builder = _world.CreateFinished();
        var image = Assert.IsType<ImageOutcome.Ready>(await ImageWorld.EnsureAsync(builder, request)).Image;
        Assert.StartsWith(request.BaseImage + "@sha256:", image, StringComparison.Ordinal);

        var first = await _world.CreateContainerAsync(image);
        await _world.TagAsync(DockerEngine.Busybox, request.BaseImage[..request.BaseImage.LastIndexOf(':')], "1");

        Assert.NotEqual(first, await _world.CreateContainerAsync(request.BaseImage));
        Assert.Equal(first, await _world.CreateContainerAsync(image));
    }

    [Fact]
    public async Task A_pull_under_way_is_a_build_and_a_second_request_waits_for_it()
    {
        var gate = new TaskCompletionSource();
        _registry.Gate = gate.Task;
        var request = Put("slow");
        var builder = _world.CreateFinished();

        var first = Assert.IsType<ImageOutcome.Building>(await builder.EnsureAsync(request, Cancel));
        await ImageWorld.EventuallyAsync(() => Task.FromResult(_registry.Requests.Any(line => line.Contains("/blobs/", StringComparison.Ordinal))));
        Assert.Equal(first.BuildId, Assert.IsType<ImageOutcome.Building>(await builder.EnsureAsync(request, Cancel)).BuildId);
        Assert.IsType<ImageOutcome.Building>(await builder.ReadBuildAsync(first.BuildId, Cancel));
        gate.SetResult();

        Assert.IsType<ImageOutcome.Ready>(await ImageWorld.UntilEndedAsync(builder, first));
        Assert.Equal(1, _world.Log.CountPulls(request.BaseImage));
    }

    [Fact]
    public async Task An_image_that_the_registry_does_not_have_is_refused_in_its_words_and_asked_for_again_after_a_while()
    {
        var clock = new FakeTimeProvider();
        var builder = _world.CreateFinished(clock: clock);
        var request = new ImageRequest { BaseImage = $"{_registry.Host}/nobody/nothing:1", Architecture = ImageWorld.Architecture };

        var failed = Assert.IsType<ImageOutcome.Failed>(await ImageWorld.EnsureAsync(builder, request));

        Assert.Contains("manifest unknown", failed.Reason, StringComparison.Ordinal);
        Assert.Contains("docker pull", failed.Reason, StringComparison.Ordinal);
        Assert.Null(failed.RetryAfter);
        Assert.IsType<ImageOutcome.Failed>(await builder.ResolveAsync(request, Cancel));
        Assert.Equal(1, _world.Log.CountPulls(request.BaseImage));

        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.IsType<ImageOutcome.Missing>(await builder.ResolveAsync(request, Cancel));
        Assert.IsType<ImageOutcome.Building>(await builder.EnsureAsync(request, Cancel));
    }

    [Theory]
    [InlineData(401, "UNAUTHORIZED", "authentication required", false)]
    [InlineData(403, "DENIED", "requested access to the resource is denied", false)]
    [InlineData(429, "TOOMANYREQUESTS", "slow down", true)]
    public async Task A_registry_that_refuses_is_asked_again_only_where_that_can_help(int status, string code, string message, bool canHelp)
    {
        _registry.Refusal = (status, code, message);

        var failed = Assert.IsType<ImageOutcome.Failed>(await ImageWorld.EnsureAsync(_world.CreateFinished(), Put("refused")));

        Assert.Equal(canHelp, failed.RetryAfter is not null);
    }

    [Fact]
    public async Task A_registry_that_is_down_is_asked_again()
    {
        var request = new ImageRequest { BaseImage = "127.0.0.1:1/team/runner:1", Architecture = ImageWorld.Architecture };

        var failed = Assert.IsType<ImageOutcome.Failed>(await ImageWorld.EnsureAsync(_world.CreateFinished(), request));

        Assert.Contains("connection refused", failed.Reason, StringComparison.Ordinal);
        Assert.InRange(failed.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task Where_nothing_is_pulled_a_missing_image_says_how_to_bring_it()
    {
        var builder = _world.CreateFinished(options => options.Pull = false);

        var failed = Assert.IsType<ImageOutcome.Failed>(await builder.EnsureAsync(Put("there"), Cancel));

        Assert.Contains("docker pull or docker load", failed.Reason, StringComparison.Ordinal);
        Assert.NotNull(failed.RetryAfter);
        Assert.DoesNotContain(_registry.Requests, line => line.Contains("/manifests/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pull_that_outlasts_its_time_fails_and_says_so()
    {
        _registry.Gate = new TaskCompletionSource().Task;
        var clock = new FakeTimeProvider();
        var builder = _world.CreateFinished(options => options.PullTimeoutSeconds = 60, clock);
        var building = await builder.EnsureAsync(Put("endless"), Cancel);
        await ImageWorld.EventuallyAsync(() => Task.FromResult(_registry.Requests.Any(line => line.Contains("/blobs/", StringComparison.Ordinal))));

        clock.Advance(TimeSpan.FromSeconds(60));

        var failed = Assert.IsType<ImageOutcome.Failed>(await ImageWorld.UntilEndedAsync(builder, building));
        Assert.Contains("not pulled within 60 s", failed.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_of_another_architecture_is_refused()
    {
        var image = _registry.Put(_world.Repository + "/finished", "1", "other", ImageWorld.OtherArchitecture);
        var builder = _world.CreateFinished();

        var failed = Assert.IsType<ImageOutcome.Failed>(await ImageWorld.EnsureAsync(builder, new ImageRequest { BaseImage = image, Architecture = ImageWorld.Architecture }));

        Assert.Contains($"is for linux {ImageWorld.OtherArchitecture}", failed.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_that_is_down_leaves_everything_unknown()
    {
        var builder = _world.CreateFinished(options => options.Endpoint = new Uri("unix:///nowhere/docker.sock"));
        var request = new ImageRequest { BaseImage = "docker.io/library/busybox:local", Architecture = ImageWorld.Architecture };

        foreach (var outcome in new[] { await builder.ResolveAsync(request, Cancel), await builder.EnsureAsync(request, Cancel), await builder.ReadBuildAsync($"pull x64 {request.BaseImage}", Cancel) })
        {
            Assert.Contains("cannot be reached at unix:///nowhere/docker.sock", Assert.IsType<ImageOutcome.Unknown>(outcome).Reason, StringComparison.Ordinal);
        }
    }

    private ImageRequest Put(string hello) => new()
    {
        BaseImage = _registry.Put(_world.Repository + "/finished", "1", $"{hello} of {_world.Repository}", ImageWorld.Architecture),
        Architecture = ImageWorld.Architecture,
    };
}
