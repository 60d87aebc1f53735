using RunnerFleet.Compute;

namespace RunnerFleet.Testing.Xunit;

/// <summary>The further promises of an <see cref="IRunnerClassCatalog"/> that reads from elsewhere: it keeps its last good copy, and never caches a failure.</summary>
public abstract class RemoteRunnerClassCatalogContract : RunnerClassCatalogContract
{
    /// <summary>Makes every read of the source fail from now on, or work again.</summary>
    /// <param name="broken">Whether reads fail.</param>
    protected abstract ValueTask BreakSourceAsync(bool broken);

    /// <summary>Lets the catalogue's copy grow old, so that the next request reads the source again.</summary>
    protected abstract ValueTask ExpireAsync();

    /// <summary>Without an earlier copy the failure is told as what it is: launches wait, nothing is refused for it.</summary>
    [Fact]
    public virtual Task Without_an_earlier_copy_the_classes_are_unavailable() => RunAsync(async () =>
    {
        var catalog = await CreateCatalogAsync(Supported);
        await BreakSourceAsync(broken: true);
        await Assert.ThrowsAsync<ClassesUnavailableException>(async () => await catalog.GetClassesAsync(TestContext.Current.CancellationToken));
    });

    /// <summary>A failure is not cached: the moment the source works again, so does the catalogue.</summary>
    [Fact]
    public virtual Task A_failure_is_not_cached() => RunAsync(async () =>
    {
        var catalog = await CreateCatalogAsync(Supported);
        await BreakSourceAsync(broken: true);
        await Assert.ThrowsAsync<ClassesUnavailableException>(async () => await catalog.GetClassesAsync(TestContext.Current.CancellationToken));
        await BreakSourceAsync(broken: false);
        Assert.Equal(Supported.Count, (await catalog.GetClassesAsync(TestContext.Current.CancellationToken)).Count);
    });

    /// <summary>The last good copy is kept for as long as the source fails.</summary>
    [Fact]
    public virtual Task The_last_good_copy_is_kept_while_the_source_fails() => RunAsync(async () =>
    {
        var catalog = await CreateCatalogAsync(Supported);
        Assert.Equal(Supported.Count, (await catalog.GetClassesAsync(TestContext.Current.CancellationToken)).Count);
        await BreakSourceAsync(broken: true);
        await ExpireAsync();
        Assert.Equal(Supported.Count, (await catalog.GetClassesAsync(TestContext.Current.CancellationToken)).Count);
        await ExpireAsync();
        Assert.Equal(Supported.Count, (await catalog.GetClassesAsync(TestContext.Current.CancellationToken)).Count);
    });
}
