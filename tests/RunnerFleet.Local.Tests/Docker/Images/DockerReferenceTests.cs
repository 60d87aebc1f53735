using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using RunnerFleet.Local.Docker;

namespace RunnerFleet.Local.Tests.Docker.Images;

public sealed partial class DockerReferenceTests
{
    private static readonly string s_content = new('a', 64);
    private static readonly string s_digest = "sha256:" + new string('b', 64);

    [Theory]
    [InlineData("docker.io/library/ubuntu:22.04", "runnerfleet/ubuntu-22.04:x64-aaaaaaaaaaaa")]
    [InlineData("ghcr.io/org/image:v1.2-rc_3", "runnerfleet/org-image-v1.2-rc-3:x64-aaaaaaaaaaaa")]
    [InlineData("localhost:5000/team/base", "runnerfleet/team-base-latest:x64-aaaaaaaaaaaa")]
    [InlineData("Registry.example:443/a__b/c---d:LATEST", "runnerfleet/a-b-c-d-latest:x64-aaaaaaaaaaaa")]
    [InlineData("busybox:local..x", "runnerfleet/busybox-local-x:x64-aaaaaaaaaaaa")]
    [InlineData("busybox:_", "runnerfleet/busybox:x64-aaaaaaaaaaaa")]
    public void An_image_is_named_readably_after_its_base(string image, string expected)
    {
        Assert.True(DockerReference.TryRead(image, out var reference));

        Assert.Equal(expected, reference.ImageFor("runnerfleet", "x64", s_content));
    }

    [Fact]
    public void A_digest_is_no_part_of_the_readable_name()
    {
        Assert.True(DockerReference.TryRead("docker.io/library/debian@" + s_digest, out var reference));

        Assert.Null(reference.Tag);
        Assert.Equal("runnerfleet/debian:x64-aaaaaaaaaaaa", reference.ImageFor("runnerfleet", "x64", s_content));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ubuntu")]
    [InlineData("ubuntu\n")]
    [InlineData("Ubuntu")]
    [InlineData("a//b")]
    [InlineData("a/../b")]
    [InlineData("a?b")]
    [InlineData("a:b:c")]
    [InlineData("a@sha256:short")]
    [InlineData("-a")]
    [InlineData("a:-b")]
    [InlineData("http://a/b")]
    public void What_is_no_reference_is_none(string text) => Assert.False(DockerReference.TryRead(text, out _));

    [Property(MaxTest = 2000)]
    public Property Every_base_gives_a_name_that_Docker_takes() => Prop.ForAll(References().ToArbitrary(), text =>
        DockerReference.TryRead(text, out var reference)
        && reference.ImageFor("runnerfleet", "arm64", s_content) is { Length: < 128 } image
        && DockersGrammar().IsMatch(image)
        && DockerReference.TryRead(image, out var own) && own.ToString() == image);

    [Property(MaxTest = 2000)]
    public bool Whatever_the_text_there_is_an_answer(NonNull<string> text) =>
        !DockerReference.TryRead(text.Get, out var reference) || DockersGrammar().IsMatch(reference.ImageFor("runnerfleet", "x64", s_content));

    private static Gen<string> References()
    {
        var registry = Gen.Elements("", "docker.io/", "index.docker.io/", "ghcr.io/", "localhost/", "localhost:5000/", "127.0.0.1:65000/", "Registry.Example.com:443/", new string('h', 60) + ".example/");
        var word = Gen.Elements("a", "0", "ubuntu", "my-image", "a.b", "a_b", "a__b", "a---b", "x1.2.3", new string('z', 60));
        var path = Gen.Choose(1, 3).SelectMany(parts => word.ArrayOf(parts)).Select(words => string.Join('/', words));
        var tag = Gen.Elements("", ":latest", ":22.04", ":_", ":a..b", ":V1_-.", ":" + new string('T', 128), "@" + s_digest, ":1@" + s_digest, "@sha512:" + new string('c', 128));
        return from r in registry from p in path from t in tag select r + p + t;
    }

    /// <summary>Docker's own grammar of what a build may be tagged with, without a registry (distribution/reference): the middle has one separator at a time.</summary>
    [GeneratedRegex(@"\A[a-z0-9]+/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex DockersGrammar();
}
