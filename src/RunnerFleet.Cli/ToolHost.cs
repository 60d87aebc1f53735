using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace RunnerFleet.Cli;

/// <summary>What is around the tool: where it writes, what the environment says, who can be asked.</summary>
internal sealed class ToolHost
{
    public required TextWriter Output { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Where a person's answers come from; <see langword="null"/> where nobody can be asked.</summary>
    public TextReader? Person { get; init; }

    /// <summary>The terminal behind <see cref="Output"/>; <see langword="null"/> where plain text is to be written.</summary>
    public IAnsiConsole? Terminal { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public required Func<string, string?> Variable { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>What is registered before the tool's own services, and so instead of them.</summary>
    public Action<IServiceCollection> Services { get; init; } = _ => { };

    public static ToolHost OfThisProcess() => new()
    {
        Output = Console.Out,
        Error = Console.Error,
        Person = Console.IsInputRedirected || Console.IsErrorRedirected ? null : Console.In,
        Terminal = Console.IsOutputRedirected || IsSet("NO_COLOR") || Environment.GetEnvironmentVariable("TERM") == "dumb" ? null : AnsiConsole.Create(new AnsiConsoleSettings()),
        Variable = Environment.GetEnvironmentVariable,
    };

    // no-color.org: present and not empty.
    private static bool IsSet(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 };
}
