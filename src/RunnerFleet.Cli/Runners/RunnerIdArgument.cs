using System.CommandLine;
using RunnerFleet.Cli.Output;
using RunnerFleet.Runners;

namespace RunnerFleet.Cli.Runners;

internal static class RunnerIdArgument
{
    /// <summary>The id of a runner, in either case; also its name at GitHub, which holds the id.</summary>
    public static Argument<string> Create() => new("id")
    {
        Description = "Id of the runner (runners list), or its name at GitHub.",
        CustomParser = result =>
        {
            var text = result.Tokens.Single().Value.Trim();
            if (Read(text) is { } id)
            {
                return id;
            }

            result.AddError($"'{ShownText.OneLine(text)}' is no runner id: it has 26 digits and letters, as 'runners list' shows.");
            return "";
        },
    };

    private static string? Read(string text)
    {
        var id = (text.StartsWith("rf-", StringComparison.OrdinalIgnoreCase) && text.Split('-') is [.., var inName, _] ? inName : text).ToUpperInvariant();
        return RunnerName.IsId(id) ? id : null;
    }
}
