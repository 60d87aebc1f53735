namespace RunnerFleet.Testing.Aws;

/// <summary>One request that came to an <see cref="AwsStandIn"/>.</summary>
public sealed record AwsStandInCall
{
    /// <summary>Such as <c>RunTask</c> or <c>TransactWriteItems</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>The body, UTF-8 JSON.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The HTTP status of the answer.</summary>
    public required int Status { get; init; }

    /// <summary>Whether the answer got lost on its way back.</summary>
    public bool IsAnswerLost { get; init; }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Operation} {Status}{(IsAnswerLost ? " lost" : "")}");
}
