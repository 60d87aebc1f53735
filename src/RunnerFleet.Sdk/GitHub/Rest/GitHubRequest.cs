using RunnerFleet.Runners;

namespace RunnerFleet.GitHub.Rest;

/// <summary>One request to GitHub's REST API.</summary>
internal sealed record GitHubRequest
{
    public required HttpMethod Method { get; init; }

    /// <summary>Whose credential is used.</summary>
    public required RunnerScope Scope { get; init; }

    /// <summary>Below the API's address, without a leading slash; escaped.</summary>
    public required string Path { get; init; }

    /// <summary>The one status code that means done. Any other 2xx comes from something that is not GitHub.</summary>
    public required int Expected { get; init; }

    /// <summary>What a token needs for this, in GitHub's words.</summary>
    public required string Permission { get; init; }

    /// <summary>What the path names, for the sentence on a 404 that means refusal.</summary>
    public string What { get; init; } = "thing";

    /// <summary>Whether a 404 can only mean that the scope is not there for us.</summary>
    public bool NotFoundIsRefusal { get; init; }

    public byte[]? Body { get; init; }
}
