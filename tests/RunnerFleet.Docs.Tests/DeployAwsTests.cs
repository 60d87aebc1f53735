using System.Text.RegularExpressions;

namespace RunnerFleet.Docs.Tests;

public sealed partial class DeployAwsTests
{
    private const string Document = "docs/deploy-aws.md";

    [Fact]
    public void Each_variable_and_output_that_the_guide_names_is_the_modules()
    {
        var declared = new[] { "variables.tf", "outputs.tf" }
            .SelectMany(file => Declaration().Matches(Repository.Read($"samples/Terraform/{file}")).Select(match => match.Groups[1].Value)).ToHashSet(StringComparer.Ordinal);
        var named = Markdown.Code(Block().Replace(Repository.Read(Document), "")).Select(code => Name().Match(code)).Where(match => match.Success).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);

        Assert.Contains("webhook_secret", named);
        Assert.Contains("webhook_url", named);
        Assert.Empty(named.Except(declared));
    }

    [Fact]
    public void The_guide_says_how_far_it_is_tested() =>
        Assert.Contains("checked by Terraform against the attribute schema of provider 6.25; never planned by the real provider, never applied", Repository.Read(Document), StringComparison.Ordinal);

    [GeneratedRegex("^(?:variable|output) \"(\\w+)\"", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex("^```.*?^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    /// <summary>Words parted by underscores, perhaps with a member or a value behind them.</summary>
    [GeneratedRegex(@"^([a-z]+(?:_[a-z]+)+)(?:\.\w+)?(?: = .+)?$")]
    private static partial Regex Name();
}
