using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using RunnerFleet.Jobs;
using RunnerFleet.Labels;
using RunnerFleet.Runners;

namespace RunnerFleet.Docs.Tests;

public sealed partial class ConceptsTests
{
    private const string Document = "docs/concepts.md";

    [Fact]
    public void The_runners_table_of_moves_is_the_one_in_the_code() => CompareTable("The life of a runner", RunnerTransitions.Allowed);

    [Fact]
    public void The_jobs_table_of_moves_is_the_one_in_the_code() => CompareTable("The life of a job", JobTransitions.Allowed);

    [Fact]
    public void The_runners_diagram_is_the_one_in_the_code() =>
        CompareDiagram("The life of a runner", RunnerTransitions.Allowed, [RunnerState.Pending]);

    [Fact]
    public void The_jobs_diagram_is_the_one_in_the_code() =>
        CompareDiagram("The life of a job", JobTransitions.Allowed, Enum.GetValues<JobState>().Except([JobState.GaveUp])); // whichever event comes first creates the record

    [Fact]
    public void Every_reason_code_is_explained_and_no_other()
    {
        var constants = new[] { typeof(ReasonCodes), typeof(LabelDiagnostics) }
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static)).Select(field => (string)field.GetRawConstantValue()!);
        var literals = Repository.Sources.Where(path => path.StartsWith("src/", StringComparison.Ordinal))
            .SelectMany(path => LiteralReason().Matches(Repository.Read(path))).Select(match => match.Groups[1].Value);

        var documented = Markdown.TableUnder(Document, "Reason codes").Select(row => Assert.Single(Markdown.Code(row[0]))).ToList();

        Assert.Equal(documented.Distinct().Order(), documented.Order());
        Assert.Equal(constants.Concat(literals).Distinct().Order(), documented.Order());
    }

    private static void CompareTable<T>(string heading, IReadOnlyDictionary<T, IReadOnlyList<T>> allowed)
        where T : struct, Enum
    {
        var documented = Markdown.TableUnder(Document, heading).ToDictionary(row => Assert.Single(Markdown.Code(row[0])), row => string.Join(", ", Markdown.Code(row[1])));
        var actual = allowed.ToDictionary(row => Spell(row.Key), row => string.Join(", ", row.Value.Select(Spell)));
        Assert.Equal(actual.OrderBy(row => row.Key), documented.OrderBy(row => row.Key));
    }

    private static void CompareDiagram<T>(string heading, IReadOnlyDictionary<T, IReadOnlyList<T>> allowed, IEnumerable<T> first)
        where T : struct, Enum
    {
        var documented = Markdown.BlockUnder(Document, heading, "mermaid").Where(line => line.Contains("-->", StringComparison.Ordinal));
        var actual = first.Select(state => $"[*] --> {Spell(state)}")
            .Concat(allowed.SelectMany(row => row.Value.Select(to => $"{Spell(row.Key)} --> {Spell(to)}")))
            .Concat(allowed.Where(row => row.Value.Count == 0).Select(row => $"{Spell(row.Key)} --> [*]"));
        Assert.Equal(actual.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    private static string Spell<T>(T state) => JsonSerializer.Serialize(state).Trim('"');

    [GeneratedRegex("Reason\\.Of\\(\"([A-Z_]+)\"")]
    private static partial Regex LiteralReason();
}
