using RunnerFleet.Compute;

namespace RunnerFleet.Sdk.Tests.Compute;

public sealed class FargateSizesTests
{
    private static readonly IEnumerable<int> s_memories = Enumerable.Range(0, 1024).Select(index => index * 256);

    [Theory]
    [InlineData(256, 3, 512, 2048), InlineData(512, 4, 1024, 4096), InlineData(1024, 7, 2048, 8192), InlineData(2048, 13, 4096, 16384)]
    [InlineData(4096, 23, 8192, 30720), InlineData(8192, 12, 16384, 61440), InlineData(16384, 12, 32768, 122880)]
    public void Each_processor_size_has_its_memory_sizes(int cpu, int count, int smallest, int largest)
    {
        var valid = s_memories.Where(memory => FargateSizes.IsValid(cpu, memory)).ToList();
        Assert.Equal((count, smallest, largest), (valid.Count, valid[0], valid[^1]));
    }

    [Fact]
    public void There_are_74_sizes_in_all() =>
        Assert.Equal(74, Enumerable.Range(0, 200).Sum(index => s_memories.Count(memory => FargateSizes.IsValid(index * 128, memory))));

    [Theory]
    [InlineData(1024, 1024), InlineData(256, 1536), InlineData(8192, 17408), InlineData(16384, 122881), InlineData(0, 0), InlineData(-1, 512), InlineData(3072, 4096)]
    public void Other_sizes_are_not_valid(int cpu, int memory) => Assert.False(FargateSizes.IsValid(cpu, memory));

    [Fact]
    public void The_explanation_says_what_to_write_instead()
    {
        Assert.Null(FargateSizes.Explain(1024, 2048));
        Assert.Contains("256, 512, 1024, 2048, 4096, 8192, 16384", FargateSizes.Explain(3072, 4096), StringComparison.Ordinal);
        Assert.Contains("one of: 512, 1024, 2048", FargateSizes.Explain(256, 4096), StringComparison.Ordinal);
        Assert.Contains("16384 to 61440 in steps of 4096", FargateSizes.Explain(8192, 8192), StringComparison.Ordinal);
    }
}
