using RunnerFleet.Images;

namespace RunnerFleet.Sdk.Tests.Images;

public sealed class ImageReferenceTests
{
    private const string Sha256 = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("ubuntu", "docker.io/library/ubuntu:latest")]
    [InlineData("ubuntu:22.04", "docker.io/library/ubuntu:22.04")]
    [InlineData("library/ubuntu", "docker.io/library/ubuntu:latest")]
    [InlineData("docker.io/ubuntu", "docker.io/library/ubuntu:latest")]
    [InlineData("index.docker.io/ubuntu", "docker.io/library/ubuntu:latest")]
    [InlineData("Index.Docker.IO/library/ubuntu:1", "docker.io/library/ubuntu:1")]
    [InlineData("octo/app", "docker.io/octo/app:latest")]
    [InlineData("octo/deep/app:RC_1.0-x", "docker.io/octo/deep/app:RC_1.0-x")]
    [InlineData("GHCR.io/octo/app", "ghcr.io/octo/app:latest")]
    [InlineData("ghcr.io/octo/app:1@" + Sha256, "ghcr.io/octo/app:1@" + Sha256)]
    [InlineData("ghcr.io/octo/app@" + Sha256, "ghcr.io/octo/app@" + Sha256)]
    [InlineData("registry.example.com:5000/app", "registry.example.com:5000/app:latest")]
    [InlineData("123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1")]
    [InlineData("quay.io/a.b/c_d/e__f/g---h", "quay.io/a.b/c_d/e__f/g---h:latest")]
    public void A_reference_is_written_out_in_full(string text, string normalised) => Assert.Equal(normalised, Parse(text).ToString());

    [Theory]
    [InlineData(""), InlineData(" "), InlineData("ubuntu "), InlineData(" ubuntu"), InlineData("ubuntu\n"), InlineData("ubuntu:22.04\n"), InlineData("ub untu"), InlineData("ubuntu\0")]
    [InlineData("Ubuntu"), InlineData("octo/App"), InlineData("ghcr.io/Octo/app"), InlineData("Octo/app")]
    [InlineData("ubuntu:"), InlineData(":22.04"), InlineData("ubuntu@"), InlineData("ubuntu:@" + Sha256), InlineData("ubuntu:-a"), InlineData("ubuntu:.a"), InlineData("ubuntu:a b"), InlineData("ubuntu:é")]
    [InlineData("/ubuntu"), InlineData("ubuntu/"), InlineData("a//b"), InlineData("ghcr.io/"), InlineData("ghcr.io//x"), InlineData("../x"), InlineData("a/../b"), InlineData("ghcr.io/a/.."), InlineData("a/./b"), InlineData("a/.b"), InlineData("a/b."), InlineData("a/b..c"), InlineData("a/_b"), InlineData("a/b___c"), InlineData("a/-b"), InlineData("a/b-")]
    [InlineData("localhost/x"), InlineData("localhost:5000/x"), InlineData("registry:5000/x"), InlineData("x.localhost/x"), InlineData("LOCALHOST/x")]
    [InlineData("127.0.0.1/x"), InlineData("169.254.169.254/latest/meta-data"), InlineData("10.0.0.1:5000/x"), InlineData("127.1/x"), InlineData("0x7f.0.0.1/x"), InlineData("0177.0.0.01/x"), InlineData("1.2.3.0x4/x"), InlineData("[::1]/x"), InlineData("[::1]:5000/x"), InlineData("::1/x"), InlineData("fe80::1/x")]
    [InlineData("ghcr.io:/x"), InlineData("ghcr.io:0/x"), InlineData("ghcr.io:65536/x"), InlineData("ghcr.io:080/x"), InlineData("ghcr.io:5000:1/x"), InlineData("ghcr.io:5a/x"), InlineData(".ghcr.io/x"), InlineData("ghcr.io./x"), InlineData("ghcr..io/x"), InlineData("-ghcr.io/x"), InlineData("ghcr-.io/x"), InlineData("gh_cr.io/x"), InlineData("user@ghcr.io/x"), InlineData("https://ghcr.io/x")]
    [InlineData("ubuntu@sha256:abc"), InlineData("ubuntu@sha256:" + "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"), InlineData("ubuntu@md5:0123456789abcdef0123456789abcdef"), InlineData("ubuntu@" + Sha256 + "@" + Sha256), InlineData("ubuntu@" + Sha256 + ":tag")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("$(id)"), InlineData("`id`"), InlineData("ubuntu;id"), InlineData("ubuntu|id"), InlineData("ubuntu&id"), InlineData("ubuntu>x"), InlineData("ubuntu'"), InlineData("ubuntu\""), InlineData("ubuntu\\x"), InlineData("ubuntu*"), InlineData("ubuntu:${TAG}"), InlineData("--privileged"), InlineData("a%2fb"), InlineData("ubuntu?x"), InlineData("ubuntu#x"), InlineData("~/x"), InlineData("ghcr.io/é")]
    public void What_Docker_or_caution_forbids_is_refused_with_a_sentence(string text)
    {
        Assert.False(ImageReference.TryParse(text, out var reference, out var error));
        Assert.Null(reference);
        Assert.EndsWith(".", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_have_at_most_255_characters_and_tags_128()
    {
        var longest = "ghcr.io/" + new string('a', 247);
        Assert.Equal(longest, Parse(longest).Name);
        Assert.False(ImageReference.TryParse(longest + "a", out _, out _));

        Assert.Equal(128, Parse("ubuntu:" + new string('t', 128)).Tag!.Length);
        Assert.False(ImageReference.TryParse("ubuntu:" + new string('t', 129), out _, out _));
        Assert.False(ImageReference.TryParse(new string('a', 1_000_000), out _, out _));
    }

    [Fact]
    public void Hosts_have_labels_of_at_most_63_characters()
    {
        Assert.NotNull(Parse(new string('a', 63) + ".io/x"));
        Assert.False(ImageReference.TryParse(new string('a', 64) + ".io/x", out _, out _));
    }

    private static ImageReference Parse(string text)
    {
        Assert.True(ImageReference.TryParse(text, out var reference, out var error), error);
        return reference;
    }
}
