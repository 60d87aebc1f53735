using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace RunnerFleet.Cli.CommandLine;

/// <summary>Help, and below it how the command is used.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var code = help.Invoke(parseResult);
        var examples = Below(parseResult.CommandResult.Command).OfType<ToolCommand>().SelectMany(command => command.Examples).ToList();
        if (examples.Count > 0)
        {
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            examples.ForEach(example => output.WriteLine($"  {ToolRoot.ToolName} {example}"));
        }

        return code;
    }

    private static IEnumerable<Command> Below(Command command) => command.Subcommands.SelectMany(Below).Prepend(command);
}
