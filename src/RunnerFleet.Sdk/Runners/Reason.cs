namespace RunnerFleet.Runners;

/// <summary>Why something is as it is: a code for alarms, a sentence for people, and where known a link.</summary>
/// <remarks>Never holds a secret: it is stored, logged and shown.</remarks>
public sealed record Reason
{
    /// <summary>A stable code from <see cref="ReasonCodes"/>, or one of an extension's own, in the same spelling (<c>UPPER_SNAKE</c>).</summary>
    public required string Code { get; init; }

    /// <summary>One or two sentences: what happened, and what to do.</summary>
    public required string Message { get; init; }

    /// <summary>Where to read more, such as a build log. <see langword="null"/> when there is no such place.</summary>
    public Uri? Link { get; init; }

    /// <summary>Makes a reason of a code and a sentence.</summary>
    public static Reason Of(string code, string message) => new() { Code = code, Message = message };

    /// <inheritdoc/>
    public override string ToString() => $"{Code}: {Message}";
}
