using System.CommandLine;
using RunnerFleet.Cli.Connection;
using RunnerFleet.Cli.Output;

namespace RunnerFleet.Cli.CommandLine;

/// <summary>The options that every command takes. What is not given is read from the environment.</summary>
internal sealed class GlobalOptions
{
    private const int DefaultTimeout = 60;

    private readonly Option<string?> _profile = Text("--profile", "NAME", "AWS profile (AWS_PROFILE).", "-p");
    private readonly Option<string?> _region = Text("--region", "REGION", "AWS region (AWS_REGION or AWS_DEFAULT_REGION, or the profile's).", "-r");
    private readonly Option<string?> _fleet = Text("--fleet", "NAME", "Name of the fleet (RUNNERFLEET_NAME) [default: default].");
    private readonly Option<string?> _runnerTable = Text("--runner-table", "TABLE", "DynamoDB table of runners (RUNNER_TABLE or RUNNER_STATE_TABLE).");
    private readonly Option<string?> _stateTable = Text("--state-table", "TABLE", "DynamoDB table of everything else [default: the runner table's name and -state].");
    private readonly Option<string?> _cluster = Text("--cluster", "CLUSTER", "Name or ARN of the ECS cluster (RUNNERFLEET_CLUSTER or ECS_CLUSTER).");
    private readonly Option<string?> _classSizes = Text("--class-sizes-param", "PARAMETER", "SSM parameter of the runner classes (CLASS_SIZES_PARAM).");
    private readonly Option<string> _output = new("--output") { Description = "table, or json for scripts.", DefaultValueFactory = _ => "table", Recursive = true, HelpName = "table|json" };
    private readonly Option<int> _timeout = new("--timeout") { Description = "How long the whole command may take.", DefaultValueFactory = _ => DefaultTimeout, Recursive = true, HelpName = "SECONDS" };
    private readonly Option<bool> _debug = new("--debug") { Description = "After a failure, show where in the program it came from.", Recursive = true };

    public GlobalOptions()
    {
        _output.CompletionSources.Add("table", "json");
        _output.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is not ("table" or "json"))
            {
                result.AddError("--output must be table or json.");
            }
        });
        _timeout.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 86400)
            {
                result.AddError("--timeout must be 1 to 86400 seconds.");
            }
        });
    }

    public void AddTo(RootCommand root)
    {
        foreach (var option in new Option[] { _profile, _region, _fleet, _runnerTable, _stateTable, _cluster, _classSizes, _output, _timeout, _debug })
        {
            root.Add(option);
        }
    }

    public ToolSettings Read(ParseResult parsed, Func<string, string?> variable)
    {
        return new()
        {
            Profile = Given(_profile),
            Region = Given(_region, "AWS_REGION", "AWS_DEFAULT_REGION"),
            Fleet = Given(_fleet, "RUNNERFLEET_NAME") ?? "default",
            RunnerTable = Given(_runnerTable, "RUNNER_TABLE", "RUNNER_STATE_TABLE"),
            StateTable = Given(_stateTable),
            Cluster = Given(_cluster, "RUNNERFLEET_CLUSTER", "ECS_CLUSTER"),
            ClassSizesParameter = Given(_classSizes, "CLASS_SIZES_PARAM"),
            Output = parsed.GetValue(_output) == "json" ? OutputFormat.Json : OutputFormat.Table,
            Timeout = TimeSpan.FromSeconds(parsed.GetValue(_timeout)),
            Debug = parsed.GetValue(_debug),
        };

        string? Given(Option<string?> option, params string[] variables) =>
            new[] { parsed.GetValue(option) }.Concat(variables.Select(variable)).FirstOrDefault(value => !string.IsNullOrWhiteSpace(value))?.Trim();
    }

    private static Option<string?> Text(string name, string helpName, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = helpName, Recursive = true };
}
