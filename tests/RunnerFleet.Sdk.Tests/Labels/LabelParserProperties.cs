using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using RunnerFleet.Compute;
using RunnerFleet.Labels;

namespace RunnerFleet.Sdk.Tests.Labels;

public sealed class LabelParserProperties
{
    private static readonly LabelParser s_parser = new(new FixedOptions(new RunnerFleetOptions { Labels = { OwnLabels = { "team" } } }));

    private static readonly LabelContext s_context = new()
    {
        Classes = new Dictionary<string, RunnerClass> { ["default"] = new() { Name = "default", Cpu = 1024, MemoryMiB = 2048 }, ["arm"] = new() { Name = "arm", Cpu = 1024, MemoryMiB = 2048, Architecture = "arm64" } },
        Launcher = new LauncherCapabilities { Images = true },
        HasImageBuilder = true,
    };

    private static readonly string[] s_words =
    [
        "self-hosted", "Self-Hosted", "linux", "x64", "ARM64", "windows", "team", "gpu", "class:default", "class:ARM", "class:none", "image:ubuntu", "image:Debian:12",
        "image:ghcr.io/x/y", "image:", "capacity:spot", "capacity:on-demand", "disk:20", "disk:020", "disk:999", "disk:",
    ];

    [Property(MaxTest = 1000)]
    public bool Whatever_the_labels_there_is_an_answer(string[] labels) => s_parser.Parse(labels, s_context) is not null;

    [Property(MaxTest = 1000)]
    public bool Whatever_follows_a_prefix_there_is_an_answer(NonNull<string> value, bool isOurs)
    {
        string[] start = isOurs ? ["self-hosted"] : [];
        return new[] { "image:", "class:", "disk:", "capacity:" }.All(prefix => s_parser.Parse([.. start, prefix + value.Get], s_context) is { } outcome && outcome is LabelOutcome.NotOurs == !isOurs);
    }

    [Property(MaxTest = 1000)]
    public Property Neither_order_nor_case_nor_repetition_matters()
    {
        var sets = Gen.Elements(s_words).ListOf().Select(words => words.ToArray());
        return Prop.ForAll(sets.ToArbitrary(), Gen.Shuffle(Enumerable.Range(0, 64)).ToArbitrary(), (words, order) =>
        {
            var shuffled = words.Select((word, index) => (word, order[index % order.Length])).OrderBy(pair => pair.Item2).Select(pair => pair.word).ToList();
            var expected = Describe(s_parser.Parse(words, s_context));
            return expected == Describe(s_parser.Parse(shuffled, s_context))
                && expected == Describe(s_parser.Parse([.. words.Select(word => word.ToUpperInvariant())], s_context))
                && expected == Describe(s_parser.Parse([.. words, .. shuffled], s_context));
        });
    }

    private static string Describe(LabelOutcome outcome) => outcome switch
    {
        LabelOutcome.Ours ours => ours.Spec.ToString(),
        LabelOutcome.NotOurs notOurs => notOurs.Reason,
        LabelOutcome.Invalid invalid => invalid.Diagnostic.ToString(),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };
}
