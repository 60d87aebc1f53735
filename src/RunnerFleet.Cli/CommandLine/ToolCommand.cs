using System.CommandLine;
using RunnerFleet.Cli.Connection;
using RunnerFleet.Cli.Output;

namespace RunnerFleet.Cli.CommandLine;

/// <summary>A command: what it is called, what it takes, and how it finds its answer.</summary>
internal abstract class ToolCommand(string name, string description) : Command(name, description)
{
    /// <summary>Command lines that help shows, without the tool's name.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>What the command's own arguments say better than the shared options.</summary>
    public virtual ToolSettings Refine(ToolSettings settings, ParseResult arguments) => settings;

    public abstract Task<Answer> RunAsync(CommandContext context, CancellationToken cancellationToken);
}

/// <summary>What a command has to work with.</summary>
internal sealed record CommandContext(ParseResult Arguments, ToolSettings Settings, FleetConnection Connection, Questions Questions, TimeProvider Clock)
{
    public DateTimeOffset Now => Clock.GetUtcNow();
}
