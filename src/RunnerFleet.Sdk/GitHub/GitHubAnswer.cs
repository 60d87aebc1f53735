namespace RunnerFleet.GitHub;

/// <summary>What kind of answer GitHub gave.</summary>
public enum GitHubStatus
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>404: not there, or not allowed to be seen.</summary>
    NotFound,

    /// <summary>409 on a name: it is taken.</summary>
    Conflict,

    /// <summary>422 on a delete: the runner runs a job.</summary>
    Busy,

    /// <summary>Refused, and would be again: 401, 403 for lack of permission, 404 where nothing but a lack of permission explains it, 422 on a bad request.</summary>
    Refused,

    /// <summary>A rate limit: nothing was done; try after <see cref="GitHubAnswer{T}.RetryAfter"/>.</summary>
    Throttled,

    /// <summary>No answer, or a 5xx: whether it was done is unknown.</summary>
    Unknown,
}

/// <summary>GitHub's answer to one question.</summary>
/// <typeparam name="T">What an answer that is Ok carries.</typeparam>
public sealed class GitHubAnswer<T>
{
    internal GitHubAnswer(GitHubStatus status, T? value, string? reason, TimeSpan? retryAfter, int requests)
    {
        Status = status;
        Value = value;
        Reason = reason;
        RetryAfter = retryAfter;
        Requests = requests;
    }

    /// <summary>What kind of answer it is.</summary>
    public GitHubStatus Status { get; }

    /// <summary>What an answer that is <see cref="GitHubStatus.Ok"/> carries.</summary>
    public T? Value { get; }

    /// <summary>For every other status: what happened and what to do, fit to be stored and shown.</summary>
    public string? Reason { get; }

    /// <summary>For <see cref="GitHubStatus.Throttled"/>: how long to wait.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>How many requests were sent for it, also where it is not Ok. 1 unless who made it says otherwise: a listing may take many.</summary>
    public int Requests { get; }

    /// <inheritdoc/>
    public override string ToString() => Status == GitHubStatus.Ok ? "Ok" : $"{Status}: {Reason}";
}

/// <summary>Makes answers.</summary>
public static class GitHubAnswer
{
    /// <summary>An answer that is Ok.</summary>
    public static GitHubAnswer<T> Ok<T>(T value, int requests = 1) => new(GitHubStatus.Ok, value, null, null, requests);

    /// <summary>Any other answer.</summary>
    /// <exception cref="ArgumentException">The status is Ok.</exception>
    public static GitHubAnswer<T> Not<T>(GitHubStatus status, string reason, TimeSpan? retryAfter = null, int requests = 1) =>
        status == GitHubStatus.Ok ? throw new ArgumentException("An answer that is Ok carries a value.", nameof(status)) : new(status, default, reason, retryAfter, requests);
}
