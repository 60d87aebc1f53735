using RunnerFleet.Images;

namespace RunnerFleet.Testing.Xunit;

/// <summary>Every promise of <see cref="IImageBuilder"/> as a test. Derive one class per builder.</summary>
public abstract class ImageBuilderContract : IAsyncLifetime
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private IImageBuilder? _builder;

    /// <summary>The builder under test.</summary>
    protected IImageBuilder Builder => _builder ?? throw new InvalidOperationException("The builder is made when the test begins.");

    /// <summary>How long a build may take.</summary>
    protected virtual TimeSpan Patience => TimeSpan.FromMinutes(2);

    /// <summary>Makes a builder. Called once a test.</summary>
    protected abstract ValueTask<IImageBuilder> CreateBuilderAsync();

    /// <summary>Asks for an image that can be built, and that no test asked for before.</summary>
    protected abstract ImageRequest CreateRequest();

    /// <summary>Asks for an image whose build fails, now and later; <see langword="null"/> where that cannot be arranged.</summary>
    protected virtual ImageRequest? CreateUnbuildableRequest() => null;

    /// <summary>Lets a build come to its end. A builder that builds by itself needs nothing here.</summary>
    protected virtual ValueTask LetBuildEndAsync(ImageRequest request, string buildId) => default;

    /// <summary>Counts the builds that were started for a request; <see langword="null"/> where that cannot be known.</summary>
    protected virtual int? CountBuilds(ImageRequest request) => null;

    /// <summary>Removes what a test left behind.</summary>
    protected virtual ValueTask CleanUpAsync() => default;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => _builder = await CreateBuilderAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CleanUpAsync();
        GC.SuppressFinalize(this);
    }

#pragma warning disable CS1591 // the name of a test says what it checks

    [Fact]
    public virtual async Task Resolving_starts_nothing()
    {
        var request = CreateRequest();

        Assert.IsType<ImageOutcome.Missing>(await Builder.ResolveAsync(request, Cancel));
        Assert.IsType<ImageOutcome.Missing>(await Builder.ResolveAsync(request, Cancel));
        Assert.Equal(0, CountBuilds(request) ?? 0);
    }

    [Fact]
    public virtual async Task What_is_ensured_is_built_once_and_then_ready()
    {
        var request = CreateRequest();

        var image = await EnsureReadyAsync(request);

        Assert.NotEmpty(image);
        Assert.Equal(image, Assert.IsType<ImageOutcome.Ready>(await Builder.ResolveAsync(request, Cancel)).Image);
        Assert.Equal(image, Assert.IsType<ImageOutcome.Ready>(await Builder.EnsureAsync(request, Cancel)).Image);
        Assert.Equal(1, CountBuilds(request) ?? 1);
    }

    [Fact]
    public virtual async Task Eight_that_ask_at_once_share_one_build()
    {
        var request = CreateRequest();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Builder.EnsureAsync(request, Cancel))));

        Assert.All(outcomes, outcome => Assert.True(outcome is ImageOutcome.Building or ImageOutcome.Ready, $"An ensure was answered {outcome.GetType().Name}."));
        Assert.InRange(outcomes.OfType<ImageOutcome.Building>().Select(building => building.BuildId).Distinct().Count(), 0, 1);
        Assert.Equal(1, CountBuilds(request) ?? 1);
        await EnsureReadyAsync(request);
        Assert.Equal(1, CountBuilds(request) ?? 1);
    }

    [Fact]
    public virtual async Task A_build_under_way_is_shown_to_all_who_ask()
    {
        var request = CreateRequest();
        if (await Builder.EnsureAsync(request, Cancel) is not ImageOutcome.Building building)
        {
            Assert.Skip("This builder's images are ready at once.");
            return;
        }

        var resolved = await Builder.ResolveAsync(request, Cancel);
        var read = await Builder.ReadBuildAsync(building.BuildId, Cancel);

        Assert.True(resolved is ImageOutcome.Ready || (resolved is ImageOutcome.Building same && same.BuildId == building.BuildId), $"A resolve was answered {resolved.GetType().Name}.");
        Assert.True(read is ImageOutcome.Ready || (read is ImageOutcome.Building itself && itself.BuildId == building.BuildId), $"A build was read as {read.GetType().Name}.");
        await EnsureReadyAsync(request);
        Assert.IsType<ImageOutcome.Ready>(await Builder.ReadBuildAsync(building.BuildId, Cancel));
    }

    [Fact]
    public virtual async Task Another_base_image_is_another_image()
    {
        var one = await EnsureReadyAsync(CreateRequest());
        var two = await EnsureReadyAsync(CreateRequest());

        Assert.NotEqual(one, two);
    }

    [Fact]
    public virtual async Task A_build_that_nobody_started_is_neither_ready_nor_under_way()
    {
        var outcome = await Builder.ReadBuildAsync("no-such-build", Cancel);

        Assert.False(outcome is ImageOutcome.Ready or ImageOutcome.Building, $"A build that nobody started was read as {outcome.GetType().Name}.");
    }

    [Fact]
    public virtual async Task A_build_that_fails_says_why()
    {
        if (CreateUnbuildableRequest() is not { } request)
        {
            Assert.Skip("A failing build cannot be arranged here.");
            return;
        }

        var failed = Assert.IsType<ImageOutcome.Failed>(await UntilBuiltAsync(request));

        Assert.NotEmpty(failed.Reason);
        Assert.IsNotType<ImageOutcome.Ready>(await Builder.ResolveAsync(request, Cancel));
    }

    [Fact]
    public virtual async Task Every_call_can_be_cancelled()
    {
        var cancelled = new CancellationToken(canceled: true);
        var request = CreateRequest();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Builder.ResolveAsync(request, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Builder.EnsureAsync(request, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Builder.ReadBuildAsync("no-such-build", cancelled));
    }

#pragma warning restore CS1591

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private async Task<string> EnsureReadyAsync(ImageRequest request) => Assert.IsType<ImageOutcome.Ready>(await UntilBuiltAsync(request)).Image;

    private async Task<ImageOutcome> UntilBuiltAsync(ImageRequest request)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        var outcome = await Builder.EnsureAsync(request, Cancel);
        if (outcome is not ImageOutcome.Building building)
        {
            return outcome;
        }

        await LetBuildEndAsync(request, building.BuildId);
        while ((outcome = await Builder.ReadBuildAsync(building.BuildId, Cancel)) is ImageOutcome.Building)
        {
            Assert.False(patience.IsCancellationRequested, $"The build did not end within {Patience}.");
            await Task.Delay(PollInterval, TimeProvider.System, Cancel);
        }

        return outcome;
    }
}
