using RunnerFleet.Compute;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Sdk.Tests.Compute;

public sealed class OptionsClassCatalogTests : RunnerClassCatalogContract
{
    [Fact]
    public async Task Without_configuration_there_is_one_class_of_1_cpu_and_2_GiB()
    {
        var classes = await new OptionsClassCatalog(new FixedOptions(new RunnerFleetOptions())).GetClassesAsync(CancellationToken.None);
        Assert.Equal(new RunnerClass { Name = "default", Cpu = 1024, MemoryMiB = 2048 }, Assert.Single(classes).Value);
    }

    [Fact]
    public async Task A_time_limit_of_0_is_no_limit_and_none_is_the_fleets()
    {
        var options = new RunnerFleetOptions { Classes = { ["free"] = new() { JobTimeLimitSeconds = 0 }, ["usual"] = new() } };
        var classes = await new OptionsClassCatalog(new FixedOptions(options)).GetClassesAsync(CancellationToken.None);
        Assert.Equal(TimeSpan.Zero, classes["free"].JobTimeLimit);
        Assert.Null(classes["usual"].JobTimeLimit);
    }

    [Theory]
    [InlineData("Large", "large")]
    [InlineData(null, "default")]
    [InlineData("gone", "default")]
    public void The_default_class_is_the_configured_one_else_the_one_of_that_name(string? configured, string expected) =>
        Assert.Equal(expected, OptionsClassCatalog.DefaultOf(Classes(("large", 4096, 8192), ("default", 2048, 4096), ("small", 256, 512)), configured).Name);

    [Fact]
    public void Else_the_default_class_is_the_smallest()
    {
        Assert.Equal("b", OptionsClassCatalog.DefaultOf(Classes(("a", 1024, 8192), ("c", 2048, 4096), ("b", 1024, 2048)), null).Name);
        Assert.Equal("a", OptionsClassCatalog.DefaultOf(Classes(("b", 1024, 2048), ("a", 1024, 2048)), null).Name);
    }

    [Fact]
    public void Without_any_class_there_is_no_default() =>
        Assert.Throws<ArgumentException>(() => OptionsClassCatalog.DefaultOf(Classes(), null));

    protected override ValueTask<IRunnerClassCatalog> CreateCatalogAsync(IReadOnlyCollection<RunnerClass> classes)
    {
        var options = new RunnerFleetOptions();
        foreach (var one in classes)
        {
            options.Classes[one.Name] = new RunnerClassOptions
            {
                Cpu = one.Cpu,
                Memory = one.MemoryMiB,
                Disk = one.DiskGiB,
                Architecture = one.Architecture,
                Limit = one.Limit,
                JobTimeLimitSeconds = (int?)one.JobTimeLimit?.TotalSeconds,
            };
        }

        return new(new OptionsClassCatalog(new FixedOptions(options)));
    }

    private static Dictionary<string, RunnerClass> Classes(params (string Name, int Cpu, int Memory)[] classes) =>
        classes.ToDictionary(one => one.Name, one => new RunnerClass { Name = one.Name, Cpu = one.Cpu, MemoryMiB = one.Memory });
}
