using System.Text.RegularExpressions;

namespace RunnerFleet.Docs.Tests;

public sealed partial class SnippetTests
{
    [Fact]
    public void Code_in_documents_is_code_that_compiles()
    {
        var regions = Repository.Sources.SelectMany(RegionsOf).ToLookup(region => region.Name, region => region.Text);
        var snippets = Repository.Documents.SelectMany(path => SnippetOf().Matches(Repository.Read(path)).Select(match => (Path: path, Name: match.Groups[1].Value, Text: match.Groups[2].Value))).ToList();

        Assert.NotEmpty(snippets);
        Assert.All(snippets, snippet =>
        {
            var region = Assert.Single(regions[snippet.Name]);
            Assert.Equal(region, Unindent(snippet.Text));
        });
    }

    [Fact]
    public void Every_block_of_CSharp_in_the_docs_says_where_it_is_from() =>
        Assert.All(Repository.Documents.Where(path => path == "README.md" || path.StartsWith("docs/", StringComparison.Ordinal)), path =>
            Assert.Equal(SnippetOf().Count(Repository.Read(path)), CSharpBlock().Count(Repository.Read(path))));

    private static IEnumerable<(string Name, string Text)> RegionsOf(string path)
    {
        var open = new Stack<(string Name, List<string> Lines)>();
        foreach (var line in Repository.Read(path).Split('\n'))
        {
            var word = line.Trim();
            if (word.StartsWith("#region ", StringComparison.Ordinal))
            {
                open.Push((word["#region ".Length..], []));
            }
            else if (word == "#endregion")
            {
                var (name, lines) = open.Pop();
                yield return (name, Unindent(string.Join('\n', lines)));
            }
            else
            {
                foreach (var region in open)
                {
                    region.Lines.Add(line);
                }
            }
        }
    }

    private static string Unindent(string text)
    {
        var lines = text.Trim('\n').Split('\n');
        var indent = lines.Where(line => line.Trim().Length > 0).Min(line => line.Length - line.TrimStart(' ').Length);
        return string.Join('\n', lines.Select(line => line.Length >= indent ? line[indent..] : ""));
    }

    [GeneratedRegex("<!-- snippet: ([a-z-]+) -->\n```csharp\n(.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex SnippetOf();

    [GeneratedRegex("^ *```(csharp|cs|c#)", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex CSharpBlock();
}
