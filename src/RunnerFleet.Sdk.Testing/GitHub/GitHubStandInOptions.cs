namespace RunnerFleet.Testing.GitHub;

/// <summary>How a <see cref="GitHubStandIn"/> is set up.</summary>
public sealed class GitHubStandInOptions
{
    /// <summary>The host it stands in for: in web addresses, and where it is not github.com in <c>X-GitHub-Enterprise-Host</c>.</summary>
    public string Host { get; init; } = "github.com";

    /// <summary>The secret that webhooks are signed with; <see langword="null"/> leaves them unsigned.</summary>
    public string? WebhookSecret { get; init; }

    /// <summary>Where webhooks are posted; each address is a hook of its own, and all share an event's GUID.</summary>
    public IList<Uri> WebhookUrls { get; init; } = [];

    /// <summary>A receiver in this process, one more hook; it answers with a status code.</summary>
    public Func<StandInDelivery, CancellationToken, Task<int>>? Receiver { get; init; }

    /// <summary>The only token the API takes; <see langword="null"/> takes any, but not none.</summary>
    public string? Token { get; init; }

    /// <summary>Take a repository, organization or enterprise that was never added as existing, instead of answering 404.</summary>
    public bool AcceptUnknownScopes { get; init; }

    /// <summary>Runner groups that organizations and enterprises have besides the default group 1.</summary>
    public IList<long> RunnerGroups { get; init; } = [];

    /// <summary>Deliver webhooks as they arise. Switch it off to call <see cref="GitHubStandIn.DeliverPendingAsync"/> at moments of your own choice.</summary>
    public bool DeliverAutomatically { get; init; } = true;

    /// <summary>How long a receiver may take before a delivery counts as failed.</summary>
    public TimeSpan DeliveryTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long after its last word an idle runner counts as offline.</summary>
    public TimeSpan OfflineAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long after its runner's last word a job counts as lost and fails.</summary>
    public TimeSpan JobLostAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Requests an hour before the API answers 403 with the rate limit's headers.</summary>
    public int RateLimit { get; init; } = 15_000;

    /// <summary>The first id it gives. Default: above 2^31 and growing with the clock, so that a stand-in started later never gives an id of an earlier one again.</summary>
    public long? FirstId { get; init; }

    /// <summary>
    /// A file that remembers repositories, registrations, runs, jobs and deliveries not yet answered, for a stand-in whose own process may be killed: the next one with the
    /// same file goes on from there. Default: nothing is kept. What was answered (<see cref="GitHubStandIn.Deliveries"/>) is forgotten either way.
    /// </summary>
    public string? StatePath { get; init; }
}
