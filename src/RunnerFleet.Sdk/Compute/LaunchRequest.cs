using RunnerFleet.Runners;

namespace RunnerFleet.Compute;

/// <summary>One attempt to launch a runner. The same attempt is always sent with the same content.</summary>
public sealed record LaunchRequest
{
    /// <summary>Fleet, runner and attempt.</summary>
    public required ComputeIdentity Identity { get; init; }

    /// <summary>Size, architecture, capacity and image.</summary>
    public required LaunchPlan Plan { get; init; }

    /// <summary>
    /// The environment to give the runner: <see cref="RunnerEnvironment"/>. It holds a claim secret, which is worthless once the runner is online; no GitHub credential.
    /// It belongs in the environment, never on a command line.
    /// </summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Facts for people and cost reports, safe to use as tags: <c>repository</c>, <c>class</c>, <c>job</c>.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}

/// <summary>The names of the environment variables that a runner's compute starts with.</summary>
public static class RunnerEnvironment
{
    /// <summary>Where the control plane is.</summary>
    public const string ControlPlaneUrl = "RUNNERFLEET_URL";

    /// <summary>The runner's id.</summary>
    public const string RunnerId = "RUNNERFLEET_RUNNER_ID";

    /// <summary>The launch attempt.</summary>
    public const string Attempt = "RUNNERFLEET_ATTEMPT";

    /// <summary>The claim secret. Remove it from the environment before the job starts.</summary>
    public const string ClaimSecret = "RUNNERFLEET_CLAIM_SECRET";
}
