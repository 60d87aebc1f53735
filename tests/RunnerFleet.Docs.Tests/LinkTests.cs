using System.Text;
using System.Text.RegularExpressions;

namespace RunnerFleet.Docs.Tests;

public sealed partial class LinkTests
{
    [Fact]
    public void Every_link_within_the_repository_leads_somewhere()
    {
        var dead = Links().Where(link => !File.Exists(link.Target) && !Directory.Exists(link.Target)).Select(link => $"{link.Document}: {link.Text}");
        Assert.Empty(dead);
    }

    [Fact]
    public void Every_link_to_a_heading_names_one()
    {
        var dead = Links().Where(link => link.Anchor.Length > 0 && File.Exists(link.Target) && !AnchorsOf(File.ReadAllText(link.Target)).Contains(link.Anchor))
            .Select(link => $"{link.Document}: {link.Text}");
        Assert.Empty(dead);
    }

    [Fact]
    public void No_document_names_a_path_of_somebodys_machine()
    {
        var named = Repository.Documents.SelectMany(path => MachinePath().Matches(Repository.Read(path)).Select(match => $"{path}: {match.Value}"));
        Assert.Empty(named);
    }

    [Fact]
    public void Every_test_that_a_document_names_exists()
    {
        var sources = Repository.Sources.Select(Repository.Read).ToList();
        var named = Repository.Documents.SelectMany(path => TestName().Matches(Repository.Read(path)).Select(match => (Path: path, Class: match.Groups[1].Value, Method: match.Groups[2].Value))).ToList();

        Assert.NotEmpty(named);
        var missing = named.Where(test => !sources.Exists(source =>
            Regex.IsMatch(source, $@"\bclass {test.Class}\b") && (test.Method.Length == 0 || Regex.IsMatch(source, $@"\b{test.Method}\("))));
        Assert.Empty(missing);
    }

    private static IEnumerable<(string Document, string Text, string Target, string Anchor)> Links()
    {
        foreach (var document in Repository.Documents)
        {
            foreach (Match match in Link().Matches(Fence().Replace(Repository.Read(document), "")))
            {
                var text = match.Groups[1].Value;
                if (text.Contains("://", StringComparison.Ordinal) || text.StartsWith("mailto:", StringComparison.Ordinal))
                {
                    continue;
                }

                var parts = text.Split('#', 2);
                var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
                var target = parts[0].Length == 0 ? Path.Combine(Repository.Root, document) : Path.GetFullPath(Path.Combine(folder, parts[0]));
                yield return (document, text, target, parts.Length > 1 ? parts[1] : "");
            }
        }
    }

    /// <summary>Headings as GitHub makes anchors of them.</summary>
    private static HashSet<string> AnchorsOf(string text)
    {
        var anchors = new HashSet<string>(StringComparer.Ordinal);
        foreach (Match heading in Heading().Matches(text))
        {
            var anchor = new StringBuilder();
            foreach (var c in heading.Groups[1].Value.Trim().ToLowerInvariant())
            {
                anchor.Append(c == ' ' ? "-" : char.IsLetterOrDigit(c) || c is '-' or '_' ? c.ToString() : "");
            }

            anchors.Add(anchor.ToString());
        }

        return anchors;
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("```.*?```", RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"(?<![\w.])(/tmp/|/home/|/Users/|/root/|/work/|/mnt/)[\w./-]*|[A-Za-z]:\\[\w\\.-]+")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"`([A-Z]\w+(?:Tests|Properties|Contract))(?:\.([A-Z]\w+))?`")]
    private static partial Regex TestName();
}
