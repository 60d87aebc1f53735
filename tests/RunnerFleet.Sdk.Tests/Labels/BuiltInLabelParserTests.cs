using RunnerFleet.Labels;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Sdk.Tests.Labels;

/// <summary>The built-in parser keeps the contract.</summary>
public sealed class BuiltInLabelParserTests : LabelParserContract
{
    protected override IEnumerable<IReadOnlyList<string>> Ours =>
    [
        ["self-hosted"],
        ["self-hosted", "Linux", "X64"],
        ["self-hosted", "linux", "class:Large", "image:ubuntu:24.04", "capacity:spot", "disk:50"],
        ["self-hosted", "class:default", "image:public.ecr.aws/docker/library/Debian:Bookworm"],
    ];

    protected override IEnumerable<IReadOnlyList<string>> NotOurs =>
    [
        [],
        ["ubuntu-latest"],
        ["self-hosted", "windows"],
        ["self-hosted", "gpu", "macOS", "another"],
    ];

    protected override IEnumerable<IReadOnlyList<string>> Invalid =>
    [
        ["self-hosted", "class:huge"],
        ["self-hosted", "class:default", "class:large"],
        ["self-hosted", "image:ubuntu", "image:debian"],
        ["self-hosted", "x64", "arm64"],
        ["self-hosted", "disk:0", "disk:x", "capacity:free", "class:none", "class:nothing", "image:EVIL.example/x", "image:$(id)"],
    ];

    protected override ILabelParser CreateParser() => new LabelParser(new FixedOptions(new RunnerFleetOptions()));
}
