using System.CommandLine;
using System.CommandLine.Parsing;

namespace RunnerFleet.Cli.CommandLine;

internal static class CommandPath
{
    /// <summary>A command as people type it: <c>runnerfleet runners list</c>.</summary>
    public static string Of(ParseResult parsed)
    {
        var names = new List<string>();
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult command; result = command.Parent)
        {
            names.Insert(0, command.Command is RootCommand ? ToolRoot.ToolName : command.Command.Name);
        }

        return string.Join(' ', names);
    }
}
