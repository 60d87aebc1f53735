using System.Diagnostics.CodeAnalysis;
using RunnerFleet.Runners;

namespace RunnerFleet.AspNetCore.Api;

/// <summary>A code, a sentence, and a link where there is one.</summary>
internal sealed record ReasonAnswer(string Code, string Message, string? Link)
{
    [return: NotNullIfNotNull(nameof(reason))]
    public static ReasonAnswer? Of(Reason? reason) => reason is null ? null : new(reason.Code, reason.Message, Shown(reason.Link));

    /// <summary>A web page, or a file of the host's machine, such as a build's log.</summary>
    private static string? Shown(Uri? link) => link is { IsAbsoluteUri: true, Scheme: "file" } ? link.AbsoluteUri : WebLink(link);

    /// <summary>Only web links are shown: a page makes something to click of them.</summary>
    public static string? WebLink(Uri? link) => link is { IsAbsoluteUri: true, Scheme: "https" or "http" } ? link.AbsoluteUri : null;
}

/// <summary>One line of a history.</summary>
/// <typeparam name="TState">A runner's or a job's state.</typeparam>
internal sealed record HistoryAnswer<TState>(DateTimeOffset At, TState? From, TState To, ReasonAnswer Cause)
    where TState : struct, Enum;

/// <summary>One page of a list.</summary>
/// <typeparam name="T">What is listed.</typeparam>
internal sealed record PageAnswer<T>(IReadOnlyList<T> Items, string? Continuation);
