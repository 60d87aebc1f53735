namespace RunnerFleet.GitHub;

/// <summary>The names of the HTTP clients that the fleet takes from <c>IHttpClientFactory</c>, for hosts that set a proxy, a certificate or a handler of their own.</summary>
public static class RunnerFleetHttpClients
{
    /// <summary>The client that speaks to GitHub's REST API. A primary handler of your own must not follow redirects: GitHub's are followed by hand, so that the token never leaves its host.</summary>
    public const string GitHub = "RunnerFleet.GitHub";
}
