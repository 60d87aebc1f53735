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

    /// <summary>Written a second time, from the documentation: what every label means, and that nothing else comes of it.</summary>
    [Property(MaxTest = 3000)]
    public Property What_is_ours_has_only_known_labels_and_a_spec_that_they_spell()
    {
        return Prop.ForAll(Gen.Elements(s_words).ListOf().Select(words => new[] { "self-hosted" }.Concat(words).ToArray()).ToArbitrary(), words =>
        {
            var lower = words.Select(word => word.ToLowerInvariant()).Distinct().ToList();
            if (s_parser.Parse(words, s_context) is not LabelOutcome.Ours { Spec: var spec })
            {
                return true;
            }

            var known = lower.All(word => word is "self-hosted" or "linux" or "x64" or "arm64" or "team" || word.Split(':')[0] is "class" or "image" or "capacity" or "disk");
            return known
                && spec.ClassName == ValueOf("class")
                && spec.Architecture == lower.SingleOrDefault(word => word is "x64" or "arm64")
                && spec.DiskGiB?.ToString("D", System.Globalization.CultureInfo.InvariantCulture) == ValueOf("disk")?.TrimStart('0')
                && (spec.Capacity switch { RunnerFleet.Runners.CapacityKind.Spot => "spot", RunnerFleet.Runners.CapacityKind.OnDemand => "on-demand", _ => null }) == ValueOf("capacity")
                && (spec.Image, ValueOf("image")) is (null, null) or ("docker.io/library/ubuntu:latest", "ubuntu") or ("docker.io/library/debian:12", "debian:12");

            string? ValueOf(string wish) => lower.Where(word => word.StartsWith(wish + ":", StringComparison.Ordinal)).Select(word => word[(wish.Length + 1)..]).DistinctBy(value => value.TrimStart('0')).SingleOrDefault();
        });
    }

    [Property(MaxTest = 2000)]
    public Property A_label_that_the_fleet_does_not_know_makes_the_job_somebody_elses()
    {
        var unknown = ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => text.Get)
            .Or(Gen.Elements("gpu", "self-hosted ", "linux2", "imagex", "class", "class-default", "disk", "my:label", "windows", "macos", "teams", " team", "x86", ""))
            .Where(label => !s_words.Take(5).Append("team").Contains(label, StringComparer.OrdinalIgnoreCase) && !new[] { "image:", "class:", "disk:", "capacity:" }.Any(wish => label.StartsWith(wish, StringComparison.OrdinalIgnoreCase)));
        return Prop.ForAll(Gen.Elements(s_words).ListOf().ToArbitrary(), unknown.ToArbitrary(), (words, label) =>
            s_parser.Parse(["self-hosted", .. words, label], s_context) is LabelOutcome.NotOurs && s_parser.Parse([label, .. words, "self-hosted"], s_context) is LabelOutcome.NotOurs);
    }

    [Property(MaxTest = 500)]
    public bool Without_self_hosted_no_job_is_ours(string[] labels) =>
        labels.Any(label => string.Equals(label, "self-hosted", StringComparison.OrdinalIgnoreCase)) || s_parser.Parse(labels, s_context) is LabelOutcome.NotOurs;

    private static string Describe(LabelOutcome outcome) => outcome switch
    {
        LabelOutcome.Ours ours => ours.Spec.ToString(),
        LabelOutcome.NotOurs notOurs => notOurs.Reason,
        LabelOutcome.Invalid invalid => invalid.Diagnostic.ToString(),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };
}
