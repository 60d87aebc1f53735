using RunnerFleet.Compute;
using RunnerFleet.Labels;
using RunnerFleet.Runners;

namespace RunnerFleet.Sdk.Tests.Labels;

public sealed class LabelParserTests
{
    private static readonly LabelContext s_context = new()
    {
        Classes = new Dictionary<string, RunnerClass>
        {
            ["default"] = new() { Name = "default", Cpu = 1024, MemoryMiB = 2048 },
            ["large"] = new() { Name = "large", Cpu = 4096, MemoryMiB = 8192 },
            ["arm"] = new() { Name = "arm", Cpu = 2048, MemoryMiB = 4096, Architecture = "arm64" },
        },
        Launcher = new LauncherCapabilities { Images = true, Spot = true },
        HasImageBuilder = true,
    };

    [Fact]
    public void Self_hosted_alone_asks_for_the_defaults() => Assert.Equal(new RunnerSpec(), Ours("self-hosted"));

    [Fact]
    public void All_wishes_are_read() => Assert.Equal(
        new RunnerSpec { ClassName = "large", Image = "docker.io/library/ubuntu:22.04", DiskGiB = 100, Architecture = "x64", Capacity = CapacityKind.Spot },
        Ours("Self-Hosted", "LINUX", "x64", "Class:Large", "Image:ubuntu:22.04", "Disk:100", "Capacity:Spot"));

    [Theory]
    [InlineData("image:ubuntu:22.04", "docker.io/library/ubuntu:22.04")]
    [InlineData("image:ubuntu", "docker.io/library/ubuntu:latest")]
    [InlineData("image:public.ecr.aws/docker/library/node:20", "public.ecr.aws/docker/library/node:20")]
    [InlineData("image:docker.io/library/ubuntu@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "docker.io/library/ubuntu@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void An_image_is_what_follows_the_first_colon(string label, string image) => Assert.Equal(image, Ours("self-hosted", label).Image);

    [Fact]
    public void An_image_of_another_registry_keeps_its_port_tag_and_digest()
    {
        var digest = "sha256:" + new string('b', 64);
        var options = new RunnerFleetOptions { Policy = { Images = { "registry.example.com:5000/org/*" } } };
        Assert.Equal($"registry.example.com:5000/org/image:tag@{digest}", Ours(options, s_context, "self-hosted", $"image:registry.example.com:5000/org/image:tag@{digest}").Image);
    }

    [Fact]
    public void An_images_tag_is_read_in_lower_case_since_github_compares_labels_so() =>
        Assert.Equal("docker.io/library/ubuntu:rc1", Ours("self-hosted", "image:Ubuntu:RC1").Image);

    [Fact]
    public void The_same_image_in_two_spellings_is_one_image() =>
        Assert.Equal("docker.io/library/ubuntu:latest", Ours("self-hosted", "image:ubuntu", "image:docker.io/library/ubuntu:latest").Image);

    [Theory]
    [InlineData("spot", CapacityKind.Spot), InlineData("on-demand", CapacityKind.OnDemand)]
    public void Capacity_is_spot_or_on_demand(string value, CapacityKind capacity) => Assert.Equal(capacity, Ours("self-hosted", $"capacity:{value}").Capacity);

    [Theory]
    [InlineData("disk:1", 1), InlineData("disk:200", 200)]
    public void A_disk_has_1_to_200_GiB(string label, int size) => Assert.Equal(size, Ours("self-hosted", label).DiskGiB);

    [Fact]
    public void A_job_without_self_hosted_is_not_ours() => Assert.Contains("'self-hosted' is missing", NotOurs("linux", "class:large"), StringComparison.Ordinal);

    [Fact]
    public void A_foreign_label_makes_a_job_somebody_elses_and_is_named()
    {
        Assert.Contains("'gpu'", NotOurs("self-hosted", "GPU"), StringComparison.Ordinal);
        Assert.Contains("'gpu'", NotOurs("self-hosted", "zz", "class:unknown", "gpu"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("windows"), InlineData("macOS"), InlineData("Windows")]
    public void Another_operating_system_is_somebody_elses(string system) => Assert.Contains("operating system", NotOurs("self-hosted", system), StringComparison.Ordinal);

    [Fact]
    public void A_foreign_label_is_named_without_what_could_deceive_a_reader() =>
        Assert.Contains("'a?b" + new string('x', 77) + "...'", NotOurs("self-hosted", "a\u202eb" + new string('x', 200)), StringComparison.Ordinal);

    [Fact]
    public void A_required_label_keeps_fleets_apart()
    {
        var options = new RunnerFleetOptions { Labels = { RequiredLabel = "Fleet-A" } };
        Assert.Equal(new RunnerSpec(), Ours(options, s_context, "self-hosted", "fleet-a"));
        Assert.Contains("'Fleet-A'", Assert.IsType<LabelOutcome.NotOurs>(Parse(options, s_context, "self-hosted")).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Own_labels_are_ours()
    {
        var options = new RunnerFleetOptions { Labels = { OwnLabels = { "Team/Blue" } } };
        Assert.Equal(new RunnerSpec(), Ours(options, s_context, "self-hosted", "team/blue"));
        Assert.IsType<LabelOutcome.NotOurs>(Parse(options, s_context, "self-hosted", "team/red"));
    }

    [Fact]
    public void A_class_or_image_can_be_required()
    {
        var options = new RunnerFleetOptions { Labels = { RequireClassOrImage = true } };
        Assert.Equal(LabelDiagnostics.ClassOrImageRequired, Assert.IsType<LabelOutcome.Invalid>(Parse(options, s_context, "self-hosted", "linux")).Diagnostic.Code);
        Assert.Equal("large", Ours(options, s_context, "self-hosted", "class:large").ClassName);
        Assert.NotNull(Ours(options, s_context, "self-hosted", "image:ubuntu").Image);
    }

    [Theory]
    [InlineData("UNKNOWN_CLASS", "arm, default, large", "class:huge")]
    [InlineData("UNKNOWN_CLASS", "arm, default, large", "class:")]
    [InlineData("SEVERAL_CLASSES", "Keep one", "class:large", "class:default")]
    [InlineData("SEVERAL_IMAGES", "Keep one", "image:ubuntu", "image:debian")]
    [InlineData("SEVERAL_ARCHITECTURES", "Keep one", "x64", "arm64")]
    [InlineData("SEVERAL_DISKS", "Keep one", "disk:20", "disk:30")]
    [InlineData("SEVERAL_CAPACITIES", "Keep one", "capacity:spot", "capacity:on-demand")]
    [InlineData("ARCHITECTURE_MISMATCH", "class: and one of: arm;", "arm64", "class:large")]
    [InlineData("ARCHITECTURE_MISMATCH", "'default' is x64", "arm64")]
    [InlineData("ARCHITECTURE_MISMATCH", "default, large", "x64", "class:arm")]
    [InlineData("UNKNOWN_CAPACITY", "capacity:spot or capacity:on-demand", "capacity:cheap")]
    [InlineData("UNKNOWN_CAPACITY", "capacity:spot or capacity:on-demand", "capacity:")]
    [InlineData("DISK_OUT_OF_RANGE", "1 to 200", "disk:0")]
    [InlineData("DISK_OUT_OF_RANGE", "1 to 200", "disk:201")]
    [InlineData("DISK_OUT_OF_RANGE", "1 to 200", "disk:50GB")]
    [InlineData("DISK_OUT_OF_RANGE", "1 to 200", "disk:-5")]
    [InlineData("DISK_OUT_OF_RANGE", "1 to 200", "disk:+5")]
    [InlineData("DISK_OUT_OF_RANGE", "1 to 200", "disk: 5")]
    [InlineData("DISK_OUT_OF_RANGE", "1 to 200", "disk:1e2")]
    [InlineData("DISK_OUT_OF_RANGE", "1 to 200", "disk:")]
    [InlineData("DISK_OUT_OF_RANGE", "1 to 200", "disk:99999999999")]
    [InlineData("IMAGE_MALFORMED", "empty", "image:")]
    [InlineData("IMAGE_MALFORMED", "path", "image: ubuntu")]
    [InlineData("IMAGE_MALFORMED", "path", "image:ubuntu;rm -rf /")]
    [InlineData("IMAGE_MALFORMED", "addresses", "image:169.254.169.254/latest")]
    [InlineData("IMAGE_MALFORMED", "addresses", "image:localhost:5000/x")]
    [InlineData("IMAGE_NOT_ALLOWED", "RunnerFleet:Policy:Images", "image:ghcr.io/evil/x")]
    [InlineData("IMAGE_NOT_ALLOWED", "docker.io/library/*", "image:docker.io/libraryevil/x")]
    public void What_cannot_be_served_is_invalid_and_says_the_cure(string code, string cure, params string[] labels)
    {
        var diagnostic = Invalid(s_context, ["self-hosted", .. labels]);
        Assert.Equal(code, diagnostic.Code);
        Assert.Contains(cure, diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_architecture_that_no_class_has_is_invalid_and_says_which_setting_adds_one()
    {
        var onlyX64 = s_context with { Classes = new Dictionary<string, RunnerClass> { ["default"] = s_context.Classes["default"] } };
        Assert.Contains("RunnerFleet:Classes:<name>:Architecture = arm64", Invalid(onlyX64, "self-hosted", "arm64").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_configured_default_class_decides_for_a_job_without_class()
    {
        var options = new RunnerFleetOptions { Labels = { DefaultClass = "Arm" } };
        Assert.Equal(new RunnerSpec { Architecture = "arm64" }, Ours(options, s_context, "self-hosted", "arm64"));
        Assert.IsType<LabelOutcome.Invalid>(Parse(options, s_context, "self-hosted", "x64"));
    }

    [Fact]
    public void An_architecture_that_the_launcher_lacks_is_invalid()
    {
        var context = s_context with { Launcher = s_context.Launcher with { Architectures = ["x64"] } };
        Assert.Equal(LabelDiagnostics.ArchitectureUnsupported, Invalid(context, "self-hosted", "arm64", "class:arm").Code);
        Assert.Equal("x64", Ours(new RunnerFleetOptions(), context, "self-hosted", "x64").Architecture);
    }

    [Fact]
    public void Spot_without_a_launcher_that_offers_it_is_invalid()
    {
        var context = s_context with { Launcher = s_context.Launcher with { Spot = false } };
        Assert.Equal(LabelDiagnostics.SpotUnsupported, Invalid(context, "self-hosted", "capacity:spot").Code);
        Assert.Equal(CapacityKind.OnDemand, Ours(new RunnerFleetOptions(), context, "self-hosted", "capacity:on-demand").Capacity);
    }

    [Fact]
    public void An_image_without_launcher_or_builder_for_it_is_invalid()
    {
        var noImages = s_context with { Launcher = s_context.Launcher with { Images = false } };
        Assert.Contains("launcher", Invalid(noImages, "self-hosted", "image:ubuntu").Message, StringComparison.Ordinal);
        var noBuilder = s_context with { HasImageBuilder = false };
        Assert.Contains("UseImageBuilder", Invalid(noBuilder, "self-hosted", "image:ubuntu").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_fleets_default_image_is_allowed()
    {
        var options = new RunnerFleetOptions { Labels = { DefaultImage = "ghcr.io/octo/base:1" } };
        Assert.Equal("ghcr.io/octo/base:2", Ours(options, s_context, "self-hosted", "image:ghcr.io/octo/base:2").Image);
        Assert.Equal(LabelDiagnostics.ImageNotAllowed, Assert.IsType<LabelOutcome.Invalid>(Parse(options, s_context, "self-hosted", "image:ghcr.io/octo/other")).Diagnostic.Code);
    }

    [Fact]
    public void Somebody_elses_job_is_not_judged_by_its_other_labels() =>
        Assert.IsType<LabelOutcome.NotOurs>(Parse(new RunnerFleetOptions(), s_context, "self-hosted", "gpu", "class:huge", "disk:x"));

    [Fact]
    public void Null_among_the_labels_is_passed_over() => Assert.Equal(new RunnerSpec(), Ours(null!, "self-hosted"));

    [Fact]
    public void Every_code_is_spelled_alike()
    {
        var codes = typeof(LabelDiagnostics).GetFields().Select(field => (string)field.GetRawConstantValue()!).ToList();
        Assert.All(codes, code => Assert.Matches("^[A-Z]+(_[A-Z]+)+$", code));
        Assert.Distinct(codes);
    }

    private static RunnerSpec Ours(params string[] labels) => Ours(new RunnerFleetOptions(), s_context, labels);

    private static RunnerSpec Ours(RunnerFleetOptions options, LabelContext context, params string[] labels)
    {
        var outcome = Parse(options, context, labels);
        Assert.True(outcome is LabelOutcome.Ours, (outcome as LabelOutcome.Invalid)?.Diagnostic.Message ?? (outcome as LabelOutcome.NotOurs)?.Reason);
        return ((LabelOutcome.Ours)outcome).Spec;
    }

    private static string NotOurs(params string[] labels) => Assert.IsType<LabelOutcome.NotOurs>(Parse(new RunnerFleetOptions(), s_context, labels)).Reason;

    private static Reason Invalid(LabelContext context, params string[] labels) => Assert.IsType<LabelOutcome.Invalid>(Parse(new RunnerFleetOptions(), context, labels)).Diagnostic;

    private static LabelOutcome Parse(RunnerFleetOptions options, LabelContext context, params string[] labels) =>
        new LabelParser(new FixedOptions(options)).Parse(labels, context);
}
