using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RunnerFleet.GitHub.Rest;

/// <summary>One request's outcome before it is made an answer: what GitHub said, or why nothing usable came back.</summary>
internal sealed record GitHubReply
{
    /// <summary>The status code; <see langword="null"/> when there was no complete answer.</summary>
    public int? StatusCode { get; init; }

    /// <summary>The status that the code, headers and message amount to. Ok here means only: the code that was asked for.</summary>
    public required GitHubStatus Status { get; init; }

    /// <summary>For every status but Ok: a sentence fit to be shown.</summary>
    public string Reason { get; init; } = "";

    public TimeSpan? RetryAfter { get; init; }

    public ReadOnlyMemory<byte> Body { get; init; }

    public NextPage Next { get; init; }

    /// <summary>The same failure as an answer of another type.</summary>
    public GitHubAnswer<T> Not<T>(int requests = 1) => GitHubAnswer.Not<T>(Status, Reason, RetryAfter, requests);

    /// <summary>Reads the body. One that is not what it should be makes the answer unknown, never a guess.</summary>
    public bool TryRead<T>(JsonTypeInfo<T> type, out T? value)
        where T : class
    {
        try
        {
            value = JsonSerializer.Deserialize(Body.Span, type);
            return value is not null;
        }
        catch (JsonException)
        {
            value = null;
            return false;
        }
    }
}
