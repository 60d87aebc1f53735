using Mono.Cecil;

namespace RunnerFleet.Packaging.Tests.Architecture;

/// <summary>Who may know whom among the folders of RunnerFleet.Sdk. The root wires them together and may know them all.</summary>
public sealed class DirectionTests
{
    private const string Root = "RunnerFleet";

    private static readonly Dictionary<string, string[]> MayKnow = new()
    {
        ["Runners"] = ["Jobs"],
        ["Jobs"] = ["Runners"],
        ["Storage"] = ["Runners", "Jobs"],
        ["Compute"] = ["Runners", "Storage"],
        ["Images"] = ["Runners"],
        ["Labels"] = ["Runners", "Compute", "Images"],
        ["Policy"] = ["Runners"],
        ["GitHub"] = ["Runners"],
        ["GitHub.Rest"] = ["Runners", "GitHub"],
        ["Provisioning"] = ["Runners", "Jobs", "Storage", "Compute", "Images", "Labels", "Policy", "GitHub", "GitHub.Rest", "Sweeping"],
        ["Aws.Wire"] = [],
        ["Aws"] = ["Aws.CodeBuild", "Aws.DynamoDb", "Aws.Ecs", "Aws.Events", "Aws.Sqs", "Aws.Ssm"],
        ["Aws.DynamoDb"] = ["Runners", "Jobs", "Storage"],
        ["Aws.Ecs"] = ["Runners", "Storage", "Compute", "Aws.Wire"],
        ["Aws.CodeBuild"] = ["Images", "Storage", "Aws.Wire"],
        ["Aws.Ssm"] = ["Runners", "Compute", "Provisioning"],
        ["Aws.Secrets"] = ["Provisioning", "Aws.Wire"],
        ["Aws.Events"] = ["Runners", "Jobs", "Compute", "Provisioning", "Sweeping", "Aws.Wire", "Aws.CodeBuild", "Aws.Ecs"],
        ["Aws.Sqs"] = ["Provisioning", "Aws.Events"],
        ["Http"] = ["Runners", "Jobs", "Storage", "Compute", "GitHub", "Provisioning"],
        ["Sweeping"] = ["Runners", "Jobs", "Storage", "Compute", "Policy", "GitHub", "Provisioning"],
    };

    private static readonly IReadOnlyList<(TypeReference From, TypeReference To)> Sdk = Dependencies.Of(typeof(IRunnerFleet).Assembly.Location);

    public static TheoryData<string> Folders => [.. Sdk.Select(d => FolderOf(d.From)).OfType<string>().Where(f => f.Length > 0).Distinct().Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Folders))]
    public void A_folder_knows_only_those_below_it(string folder)
    {
        Assert.True(MayKnow.ContainsKey(folder), $"{folder} is new: say in this test whom it may know.");

        var wrong = Sdk.Where(d => FolderOf(d.From) == folder && FolderOf(d.To) is { Length: > 0 } to && to != folder && !MayKnow[folder].Contains(to));

        Assert.Empty(wrong.Select(Spell));
    }

    [Fact]
    public void Every_row_of_the_table_is_a_folder() =>
        Assert.Equal(Folders.Select(f => f.Data), MayKnow.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Provisioning_knows_of_sweeping_no_more_than_what_a_sweep_did()
    {
        var known = Sdk.Where(d => FolderOf(d.From) == "Provisioning" && FolderOf(d.To) == "Sweeping").Select(d => d.To.Name).Distinct();

        Assert.Equal(["SweepSummary"], known);
    }

    [Fact]
    public void Below_the_engine_the_root_is_settings_and_text()
    {
        // Aws.Events and Http stand before the front door, as a host does, and Provisioning and Sweeping behind it.
        var wrong = Sdk.Where(d => FolderOf(d.From) is { Length: > 0 } and not ("Provisioning" or "Sweeping" or "Aws.Events" or "Http") && FolderOf(d.To) == "")
            .Where(d => !d.To.Name.EndsWith("Options", StringComparison.Ordinal) && d.To.Name != "UntrustedText");

        Assert.Empty(wrong.Select(Spell));
    }

    [Fact]
    public void Nobody_knows_AWS_but_what_is_made_for_it()
    {
        var wrong = Sdk.Where(d => FolderOf(d.From) is { Length: > 0 } from && !IsAws(from) && (d.To.Namespace.StartsWith("Amazon", StringComparison.Ordinal) || FolderOf(d.To) is { } to && IsAws(to)));

        Assert.Empty(wrong.Select(Spell));

        static bool IsAws(string folder) => folder == "Aws" || folder.StartsWith("Aws.", StringComparison.Ordinal);
    }

    [Fact]
    public void No_host_and_no_test_framework_enters_the_SDK()
    {
        string[] foreign = ["Microsoft.AspNetCore", "Xunit", "NUnit", "Microsoft.VisualStudio.TestTools", "Microsoft.Testing", "Microsoft.Data.Sqlite"];

        Assert.Empty(Sdk.Where(d => foreign.Any(f => d.To.Namespace.StartsWith(f, StringComparison.Ordinal))).Select(Spell));
    }

    /// <summary><see langword="null"/>: not of the SDK. Empty: its root.</summary>
    private static string? FolderOf(TypeReference type) => type.Namespace switch
    {
        Root => "",
        var name when name.StartsWith(Root + ".", StringComparison.Ordinal) => name[(Root.Length + 1)..],
        _ => null,
    };

    private static string Spell((TypeReference From, TypeReference To) dependency) => $"{dependency.From.FullName} knows {dependency.To.FullName}";
}
