using System.Diagnostics.CodeAnalysis;
using RunnerFleet.Runners;

namespace RunnerFleet.Cli.Output;

/// <summary>A code, a sentence, and a link where there is one.</summary>
internal sealed record ReasonDocument(string Code, string Message, string? Link)
{
    [return: NotNullIfNotNull(nameof(reason))]
    public static ReasonDocument? Of(Reason? reason) => reason is null ? null : new(reason.Code, reason.Message, LinkOf(reason.Link));

    /// <summary>Terminals make something to click of it.</summary>
    public static string? LinkOf(Uri? link) => link is { IsAbsoluteUri: true, Scheme: "https" or "http" or "file" } ? link.AbsoluteUri : null;
}

/// <summary>One line of a history.</summary>
/// <typeparam name="TState">A runner's or a job's state.</typeparam>
internal sealed record MoveDocument<TState>(DateTimeOffset At, TState? From, TState To, ReasonDocument Cause)
    where TState : struct, Enum;
