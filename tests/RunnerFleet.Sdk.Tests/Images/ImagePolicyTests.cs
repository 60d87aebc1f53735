using RunnerFleet.Images;

namespace RunnerFleet.Sdk.Tests.Images;

public sealed class ImagePolicyTests
{
    [Theory]
    [InlineData("ubuntu", true), InlineData("docker.io/library/ubuntu:1", true), InlineData("index.docker.io/debian", true), InlineData("public.ecr.aws/docker/library/node:20", true)]
    [InlineData("docker.io/libraryevil/x", false), InlineData("octo/app", false), InlineData("public.ecr.aws/docker/libraryevil/x", false), InlineData("public.ecr.aws/docker/x", false)]
    [InlineData("docker.io.evil.com/library/ubuntu", false), InlineData("evil.docker.io/library/ubuntu", false), InlineData("docker.io:443/library/ubuntu", false), InlineData("ghcr.io/library/ubuntu", false)]
    public void By_default_Docker_official_images_are_allowed(string image, bool isAllowed) => Assert.Equal(isAllowed, Policy().Allows(Parse(image)));

    [Fact]
    public void Own_entries_take_the_place_of_the_default()
    {
        var policy = Policy("ghcr.io/octo/app");
        Assert.True(policy.Allows(Parse("ghcr.io/octo/app:9")));
        Assert.False(policy.Allows(Parse("ghcr.io/octo/app/below")));
        Assert.False(policy.Allows(Parse("ghcr.io/octo/app-evil")));
        Assert.False(policy.Allows(Parse("ubuntu")));
    }

    [Theory]
    [InlineData("ghcr.io/*", "ghcr.io/any/thing", true), InlineData("ghcr.io/*", "ghcr.io.evil.com/any", false)]
    [InlineData("GHCR.io/octo/*", "ghcr.io/octo/deep/app", true), InlineData("ghcr.io/octo/*", "ghcr.io/octo", false), InlineData("ghcr.io/octo/*", "ghcr.io/octoevil/app", false)]
    [InlineData("octo/*", "octo/app", true), InlineData("docker.io/*", "octo/app", true), InlineData("index.docker.io/octo/*", "octo/app", true), InlineData("ubuntu", "docker.io/library/ubuntu:1", true)]
    [InlineData("library/*", "octo/app", false), InlineData("docker.io/library/*", "octo/app", false), InlineData("registry.example.com:5000/*", "registry.example.com/x", false)]
    public void Entries_are_spelled_as_references_are(string entry, string image, bool isAllowed)
    {
        Assert.True(ImagePolicyEntry.TryParse(entry, out _, out var error), error);
        Assert.Equal(isAllowed, Policy(entry).Allows(Parse(image)));
    }

    [Theory]
    [InlineData(""), InlineData("*"), InlineData("/*"), InlineData("ghcr.io/octo*"), InlineData("ghcr.io/*/app"), InlineData("*.io/x"), InlineData("ubuntu:22.04"), InlineData("ghcr.io/a@sha256:x"), InlineData("localhost/*"), InlineData("10.0.0.1/*"), InlineData("10.0.0.1:5000/*"), InlineData("ghcr.io/Octo/*"), InlineData("ghcr.io/../*"), InlineData("ghcr.io//*")]
    public void An_entry_that_means_nothing_is_an_error_and_allows_nothing(string entry)
    {
        Assert.False(ImagePolicyEntry.TryParse(entry, out _, out var error));
        Assert.EndsWith(".", error, StringComparison.Ordinal);
        Assert.False(Policy(entry).Allows(Parse("ubuntu")));
    }

    [Fact]
    public void The_default_image_is_always_allowed()
    {
        var options = new RunnerFleetOptions { Labels = { DefaultImage = "ghcr.io/octo/base:1" }, Policy = { Images = { "quay.io/octo/*" } } };
        Assert.True(ImagePolicy.Of(options).Allows(Parse("ghcr.io/octo/base")));
        Assert.False(ImagePolicy.Of(options).Allows(Parse("ghcr.io/octo/base/below")));
    }

    private static ImagePolicy Policy(params string[] entries)
    {
        var options = new RunnerFleetOptions();
        foreach (var entry in entries)
        {
            options.Policy.Images.Add(entry);
        }

        return ImagePolicy.Of(options);
    }

    private static ImageReference Parse(string text)
    {
        Assert.True(ImageReference.TryParse(text, out var reference, out var error), error);
        return reference;
    }
}
