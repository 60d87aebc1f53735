using System.Text.RegularExpressions;

namespace RunnerFleet.Docs.Tests;

public sealed partial class CorrectnessTests
{
    private const string Document = "docs/design/correctness.md";

    [Fact]
    public void Each_known_failure_has_its_row_and_each_of_its_tests_is_named_there()
    {
        var rows = Markdown.TableUnder(Document, "What others lose and leak");
        Assert.Equal(Enumerable.Range(1, 20).Select(number => $"A{number:00}"), rows.Select(row => row[0]));

        var named = rows.SelectMany(row => Markdown.Code(row[2]).Where(test => test.StartsWith($"PeerFailureTests.{row[0]}_", StringComparison.Ordinal)));
        var written = Repository.Sources.Where(path => Path.GetFileName(path).StartsWith("PeerFailureTests", StringComparison.Ordinal))
            .SelectMany(path => TestMethod().Matches(Repository.Read(path)).Select(match => $"PeerFailureTests.{match.Groups[1].Value}"));
        Assert.Equal(written.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
        Assert.All(rows, row => Assert.Contains($"PeerFailureTests.{row[0]}_", row[2], StringComparison.Ordinal));
    }

    [GeneratedRegex(@"public async Task (A\d\d_\w+)\(")]
    private static partial Regex TestMethod();
}
