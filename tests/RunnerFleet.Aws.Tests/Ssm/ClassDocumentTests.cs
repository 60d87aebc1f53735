using RunnerFleet.Aws.Ssm;
using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Aws.Tests.Ssm;

public sealed class ClassDocumentTests
{
    [Fact]
    public void A_document_as_its_users_write_it_is_read_whole()
    {
        var classes = Read("""{"small":{"cpu":512,"memory":1024},"big":{"cpu":4096,"memory":8192,"disk":100,"architecture":"arm64","limit":10,"jobTimeLimitSeconds":3600,"capacity":"spot"}}""");

        Assert.Equal(2, classes.Count);
        Assert.Equal(new RunnerClass { Name = "small", Cpu = 512, MemoryMiB = 1024 }, classes["small"]);
        Assert.Equal(
            new RunnerClass { Name = "big", Cpu = 4096, MemoryMiB = 8192, DiskGiB = 100, Architecture = "arm64", Limit = 10, JobTimeLimit = TimeSpan.FromHours(1), Capacity = CapacityKind.Spot },
            classes["big"]);
    }

    [Fact]
    public void Numbers_may_be_texts_names_may_be_of_any_case_and_unknown_members_are_passed_over()
    {
        var classes = Read("""{"Small":{"CPU":"512","Memory":" 1024 ","Architecture":"ARM64","Capacity":"On-Demand","disk":null,"color":{"a":[1]}},}""");

        Assert.Equal(new RunnerClass { Name = "small", Cpu = 512, MemoryMiB = 1024, Architecture = "arm64" }, classes["small"]);
    }

    [Theory]
    [InlineData("", "it is not JSON")]
    [InlineData("[]", "it must be a JSON object")]
    [InlineData("{}", "it has no class")]
    [InlineData("""{"a":5}""", "the class 'a' must be an object")]
    [InlineData("""{"a b":{"cpu":512,"memory":1024}}""", "the class name 'a b' must have")]
    [InlineData("""{"a":{"cpu":512,"memory":1024},"A":{"cpu":512,"memory":1024}}""", "the class 'a' is there twice")]
    [InlineData("""{"a":{"memory":1024}}""", "'cpu' of the class 'a' is missing")]
    [InlineData("""{"a":{"cpu":512}}""", "'memory' of the class 'a' is missing")]
    [InlineData("""{"a":{"cpu":512.5,"memory":1024}}""", "'cpu' of the class 'a' is '512.5'; write a whole number")]
    [InlineData("""{"a":{"cpu":"much","memory":1024}}""", "'cpu' of the class 'a' is '\"much\"'")]
    [InlineData("""{"a":{"cpu":true,"memory":1024}}""", "'cpu' of the class 'a' is 'true'")]
    [InlineData("""{"a":{"cpu":99999999999,"memory":1024}}""", "'cpu' of the class 'a' is")]
    [InlineData("""{"a":{"cpu":512,"memory":1000}}""", "the class 'a' cannot be launched: Fargate has no size with 512 processor units and 1000 MiB")]
    [InlineData("""{"a":{"cpu":512,"memory":1024,"disk":20}}""", "'disk' of the class 'a' is '20'; write a whole number of 21 to 200.")]
    [InlineData("""{"a":{"cpu":512,"memory":1024,"disk":201}}""", "21 to 200")]
    [InlineData("""{"a":{"cpu":512,"memory":1024,"architecture":"mips"}}""", "'architecture' of the class 'a' is '\"mips\"'; write x64 or arm64.")]
    [InlineData("""{"a":{"cpu":512,"memory":1024,"capacity":"cheap"}}""", "write on-demand or spot.")]
    [InlineData("""{"a":{"cpu":512,"memory":1024,"limit":-1}}""", "'limit' of the class 'a' is '-1'")]
    [InlineData("""{"a":{"cpu":512,"memory":1024,"jobTimeLimitSeconds":-1}}""", "'jobTimeLimitSeconds' of the class 'a'")]
    [InlineData("""{"\ud800":{"cpu":512,"memory":1024}}""", "")]
    public void What_is_wrong_is_said_with_the_class(string json, string sentence)
    {
        Assert.False(ClassDocument.TryRead(json, fargateOnly: true, out _, out var error));
        Assert.Contains(sentence, error, StringComparison.Ordinal);
    }

    [Fact]
    public void One_bad_class_refuses_the_whole() =>
        Assert.False(ClassDocument.TryRead("""{"good":{"cpu":512,"memory":1024},"bad":{"cpu":512,"memory":1000}}""", fargateOnly: true, out _, out _));

    [Fact]
    public void Capacity_of_ones_own_may_have_sizes_that_Fargate_has_not()
    {
        Assert.True(ClassDocument.TryRead("""{"a":{"cpu":100,"memory":333,"disk":1000}}""", fargateOnly: false, out var classes, out _));
        Assert.Equal((100, 333, 1000), (classes["a"].Cpu, classes["a"].MemoryMiB, classes["a"].DiskGiB));
    }

    [Fact]
    public void Every_size_of_Fargate_is_taken()
    {
        var sizes = Enumerable.Range(1, 64).Select(step => step * 256).SelectMany(cpu => Enumerable.Range(1, 240).Select(step => (Cpu: cpu, Memory: step * 512))).Where(size => FargateSizes.IsValid(size.Cpu, size.Memory)).ToList();

        Assert.Equal(74, sizes.Count);
        Assert.All(sizes, size => Assert.True(ClassDocument.TryRead(FormattableString.Invariant($$$"""{"a":{"cpu":{{{size.Cpu}}},"memory":{{{size.Memory}}}}}"""), fargateOnly: true, out _, out _)));
    }

    private static IReadOnlyDictionary<string, RunnerClass> Read(string json)
    {
        Assert.True(ClassDocument.TryRead(json, fargateOnly: true, out var classes, out var error), error);
        return classes;
    }
}
