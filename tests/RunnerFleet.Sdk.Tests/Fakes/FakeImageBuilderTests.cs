using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Images;
using RunnerFleet.Testing.Fakes;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Sdk.Tests.Fakes;

public sealed class FakeImageBuilderContractTests : ImageBuilderContract
{
    private readonly FakeImageBuilder _builder = new();
    private int _images;

    protected override ValueTask<IImageBuilder> CreateBuilderAsync() => ValueTask.FromResult<IImageBuilder>(_builder);

    protected override ImageRequest CreateRequest() => new() { BaseImage = $"docker.io/library/ubuntu:{++_images}", Architecture = "x64" };

    protected override ImageRequest? CreateUnbuildableRequest() => new() { BaseImage = "docker.io/library/broken:1", Architecture = "x64" };

    protected override ValueTask LetBuildEndAsync(ImageRequest request, string buildId)
    {
        if (request.BaseImage.Contains("broken", StringComparison.Ordinal))
        {
            _builder.Fail(buildId, "There is no such tag.");
        }
        else
        {
            _builder.Complete(buildId);
        }

        return default;
    }

    protected override int? CountBuilds(ImageRequest request) => _builder.Builds.Count;
}

public sealed class FakeImageBuilderTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly ImageRequest Request = new() { BaseImage = "docker.io/library/ubuntu:24.04", Architecture = "x64" };

    [Fact]
    public async Task A_failed_build_is_tried_anew_when_that_can_help()
    {
        var clock = new FakeTimeProvider();
        var builder = new FakeImageBuilder(clock);
        await builder.EnsureAsync(Request, None);
        builder.Fail("build-1", "The registry is slow.", TimeSpan.FromMinutes(5));

        Assert.IsType<ImageOutcome.Failed>(await builder.EnsureAsync(Request, None));
        clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal("build-2", Assert.IsType<ImageOutcome.Building>(await builder.EnsureAsync(Request, None)).BuildId);
        Assert.Equal(["build-1", "build-2"], builder.Builds);
    }

    [Fact]
    public async Task Answers_can_be_given_in_advance_and_every_call_is_recorded()
    {
        var builder = new FakeImageBuilder
        {
            ResolveAnswer = _ => new ImageOutcome.Unknown("down"),
            EnsureAnswer = _ => new ImageOutcome.Unknown("down"),
            ReadAnswer = _ => new ImageOutcome.Unknown("down"),
        };

        Assert.IsType<ImageOutcome.Unknown>(await builder.ResolveAsync(Request, None));
        Assert.IsType<ImageOutcome.Unknown>(await builder.EnsureAsync(Request, None));
        Assert.IsType<ImageOutcome.Unknown>(await builder.ReadBuildAsync("build-9", None));

        Assert.Equal([Request], builder.Resolves);
        Assert.Equal([Request], builder.Ensures);
        Assert.Equal(["build-9"], builder.Reads);
        Assert.Empty(builder.Builds);
    }

    [Fact]
    public async Task Images_are_ready_at_once_when_told()
    {
        var builder = new FakeImageBuilder { BuildsAtOnce = true };

        Assert.IsType<ImageOutcome.Ready>(await builder.EnsureAsync(Request, None));
    }
}
