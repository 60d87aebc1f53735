using System.Text.Json;
using System.Text.RegularExpressions;
using RunnerFleet.Cli.CommandLine;

namespace RunnerFleet.Cli.Tests;

/// <summary>docs/cli.md says what is.</summary>
public sealed partial class DocsTests
{
    private static readonly string s_document = File.ReadAllText(Path.Combine(FindRoot(), "docs", "cli.md")).ReplaceLineEndings("\n");

    [Fact]
    public void Every_exit_code_is_there_with_its_number_and_no_other() =>
        Assert.Equal(Enum.GetValues<ExitCode>().Select(code => ((int)code).ToString(System.Globalization.CultureInfo.InvariantCulture)), TableUnder("Exit codes").Select(row => row[0].Trim('`')));

    [Fact]
    public void Every_command_is_there_and_no_other()
    {
        var commands = Below(new ToolRoot(), "");

        Assert.Equal(commands.Order(StringComparer.Ordinal), TableUnder("Commands").Select(row => Words().Match(row[0]).Groups[1].Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_shared_option_and_its_variables_are_there()
    {
        var options = ((System.CommandLine.RootCommand)new ToolRoot()).Options.Where(option => option.Recursive && option.Name != "--help")
            .Select(option => (option.Name, Variables: string.Join(' ', Variable().Matches(option.Description!).Select(match => match.Value))));

        Assert.Equal(options, TableUnder("Options and environment").Select(row => (OptionName().Match(row[0]).Value, string.Join(' ', Variable().Matches(row[1]).Select(match => match.Value)))));
    }

    [Fact]
    public async Task The_permissions_of_each_command_are_those_that_it_uses()
    {
        await using var world = await CliWorld.CreateAsync();
        world.Account.Ssm.Put("/ci/sizes", """{"small":{"cpu":512,"memory":1024}}""");
        var (job, other) = (await world.QueueAsync(), await world.QueueAsync());
        var (runner, waiting) = (await world.RunnerOfAsync(job), await world.RunnerOfAsync(other));
        await world.LaunchAsync("default", Testing.Fakes.SampleRecords.RunnerId(501)); // a task without a record
        var used = new Dictionary<string, IEnumerable<string>>
        {
            ["status"] = await UsedAsync("status", "--class-sizes-param", "/ci/sizes"),
            ["jobs list"] = await UsedAsync("jobs", "list"),
            ["jobs details"] = [.. await UsedAsync("jobs", "details", job.ToString()), .. await UsedAsync("jobs", "details", "1")],
            ["runners list"] = await UsedAsync("runners", "list", "--all"),
            ["runners details"] = await UsedAsync("runners", "details", runner.Id),
            ["runners terminate"] = await UsedAsync("runners", "terminate", waiting.Id),
            ["runners terminate --force --cluster"] = await UsedAsync("runners", "terminate", runner.Id, "--force", "--yes", "--cluster", CliWorld.Cluster),
            ["cluster status"] = await UsedAsync("cluster", "status", CliWorld.Cluster),
            ["list-class-sizes"] = await UsedAsync("list-class-sizes", "--class-sizes-param", "/ci/sizes"),
        };

        var documented = TableUnder("Permissions").ToDictionary(row => row[0].Trim('`'), row => Action().Matches(row[1]).Select(match => match.Value).Order(StringComparer.Ordinal).ToList());
        Assert.Equal(used.ToDictionary(pair => pair.Key, pair => pair.Value.Distinct().Order(StringComparer.Ordinal).ToList()), documented);

        async Task<IEnumerable<string>> UsedAsync(params string[] command)
        {
            world.Account.ForgetCalls();
            var run = await world.RunAsync(command);
            Assert.True(run.Code is ExitCode.Ok or ExitCode.NotFound, run.Error);
            return [.. world.Account.Calls.SelectMany(ActionsOf)];
        }
    }

    /// <summary>What IAM asks for: of a transaction, the actions that it is made of.</summary>
    private static IEnumerable<string> ActionsOf(Testing.Aws.AwsStandInCall call)
    {
        if (call.Operation == "TransactWriteItems")
        {
            using var body = JsonDocument.Parse(call.Body);
            return [.. body.RootElement.GetProperty("TransactItems").EnumerateArray().SelectMany(item => item.EnumerateObject()).Select(action => action.Name switch
            {
                "Put" => "dynamodb:PutItem",
                "Update" => "dynamodb:UpdateItem",
                "Delete" => "dynamodb:DeleteItem",
                var check => $"dynamodb:{check}Item",
            })];
        }

        return [$"{(call.Operation.EndsWith("Parameter", StringComparison.Ordinal) ? "ssm" : call.Operation.Contains("Task", StringComparison.Ordinal) ? "ecs" : "dynamodb")}:{call.Operation}"];
    }

    private static IEnumerable<string> Below(System.CommandLine.Command command, string path) =>
        command is ToolCommand ? [path] : command.Subcommands.SelectMany(inner => Below(inner, $"{path} {inner.Name}".Trim()));

    private static IEnumerable<string[]> TableUnder(string heading)
    {
        var lines = s_document.Split('\n').SkipWhile(line => line.TrimStart('#').Trim() != heading).Skip(1).TakeWhile(line => !line.StartsWith('#')).ToList();
        Assert.True(lines.Count > 0, $"docs/cli.md has no heading '{heading}'.");
        return lines.SkipWhile(line => !line.StartsWith('|')).TakeWhile(line => line.StartsWith('|')).Skip(2).Select(row => Cell().Split(row.Trim('|')).Select(cell => cell.Trim()).ToArray());
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "RunnerFleet.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Cell();

    [GeneratedRegex("^`([a-z]+(?:-[a-z]+)*(?: [a-z]+)*)")]
    private static partial Regex Words();

    [GeneratedRegex("--[a-z-]+")]
    private static partial Regex OptionName();

    [GeneratedRegex("[A-Z]+(?:_[A-Z]+)+")]
    private static partial Regex Variable();

    [GeneratedRegex("[a-z]+:[A-Z][A-Za-z]+")]
    private static partial Regex Action();
}
