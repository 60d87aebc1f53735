using RunnerFleet.Compute;

namespace RunnerFleet.Testing.Xunit;

/// <summary>The promises of <see cref="IRunnerClassCatalog"/>. Derive one sealed class per catalogue; for one that reads from elsewhere derive from <see cref="RemoteRunnerClassCatalogContract"/>.</summary>
public abstract class RunnerClassCatalogContract
{
    /// <summary>Makes a catalogue of these classes. A member that the catalogue's source cannot express may be left at its default, if <see cref="Supported"/> leaves it out too.</summary>
    protected abstract ValueTask<IRunnerClassCatalog> CreateCatalogAsync(IReadOnlyCollection<RunnerClass> classes);

    /// <summary>Removes what the test made. Called after each test.</summary>
    protected virtual ValueTask CleanUpAsync() => default;

    /// <summary>The classes that the tests use, with every member that the catalogue can express.</summary>
    protected virtual IReadOnlyCollection<RunnerClass> Supported { get; } =
    [
        new() { Name = "default", Cpu = 1024, MemoryMiB = 2048 },
        new() { Name = "large-4.x_arm", Cpu = 4096, MemoryMiB = 8192, DiskGiB = 50, Architecture = "arm64", Limit = 3, JobTimeLimit = TimeSpan.FromMinutes(90) },
    ];

    /// <summary>Every class is found by its name, whole.</summary>
    [Fact]
    public virtual Task Every_class_is_found_as_it_was_configured() => RunAsync(async () =>
    {
        var classes = await ReadAsync(Supported);
        Assert.Equal(Supported.Count, classes.Count);
        Assert.All(Supported, one => Assert.Equal(one, classes[one.Name]));
    });

    /// <summary>Names are lower case, however they were configured, and keys are names.</summary>
    [Fact]
    public virtual Task Names_are_lower_case_and_are_the_keys() => RunAsync(async () =>
    {
        var classes = await ReadAsync([.. Supported.Select(one => one with { Name = one.Name.ToUpperInvariant() })]);
        Assert.Equal(Supported.Count, classes.Count);
        Assert.All(classes, pair =>
        {
            Assert.Equal(pair.Value.Name, pair.Key);
            Assert.Matches(@"^[a-z0-9._-]{1,32}\z", pair.Key);
        });
    });

    /// <summary>What a fleet gets without configuring anything, or after, can be launched: sizes are positive, architectures known.</summary>
    [Fact]
    public virtual Task Every_class_can_be_launched() => RunAsync(async () =>
        Assert.All((await ReadAsync(Supported)).Values, one =>
        {
            Assert.True(one.Cpu > 0 && one.MemoryMiB > 0, $"{one.Name} has no size.");
            Assert.True(one.Architecture is "x64" or "arm64", $"{one.Name} has the unknown architecture '{one.Architecture}'.");
            Assert.False(one.Limit < 0 || one.DiskGiB <= 0 || one.JobTimeLimit < TimeSpan.Zero, $"{one.Name} has a negative limit.");
        }));

    /// <summary>Asking twice gives the same.</summary>
    [Fact]
    public virtual Task Asking_twice_gives_the_same() => RunAsync(async () =>
    {
        var catalog = await CreateCatalogAsync(Supported);
        var first = await catalog.GetClassesAsync(TestContext.Current.CancellationToken);
        var second = await catalog.GetClassesAsync(TestContext.Current.CancellationToken);
        Assert.Equal(first.OrderBy(pair => pair.Key, StringComparer.Ordinal), second.OrderBy(pair => pair.Key, StringComparer.Ordinal));
    });

    /// <summary>Many may ask at once.</summary>
    [Fact]
    public virtual Task Many_may_ask_at_once() => RunAsync(async () =>
    {
        var catalog = await CreateCatalogAsync(Supported);
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () => await catalog.GetClassesAsync(CancellationToken.None))));
        Assert.All(answers, answer => Assert.Equal(Supported.Count, answer.Count));
    });

    /// <summary>A caller that has gone gets a cancellation, or an answer that was at hand; nothing else.</summary>
    [Fact]
    public virtual Task A_cancelled_caller_gets_a_cancellation_or_an_answer_at_hand() => RunAsync(async () =>
    {
        var catalog = await CreateCatalogAsync(Supported);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        try
        {
            Assert.Equal(Supported.Count, (await catalog.GetClassesAsync(cancelled.Token)).Count);
        }
        catch (OperationCanceledException exception)
        {
            Assert.True(cancelled.IsCancellationRequested, exception.Message);
        }

        Assert.Equal(Supported.Count, (await catalog.GetClassesAsync(TestContext.Current.CancellationToken)).Count);
    });

    /// <summary>Runs a test and cleans up after it.</summary>
    private protected async Task RunAsync(Func<Task> test)
    {
        try
        {
            await test();
        }
        finally
        {
            await CleanUpAsync();
        }
    }

    private async Task<IReadOnlyDictionary<string, RunnerClass>> ReadAsync(IReadOnlyCollection<RunnerClass> classes) =>
        await (await CreateCatalogAsync(classes)).GetClassesAsync(TestContext.Current.CancellationToken);
}
