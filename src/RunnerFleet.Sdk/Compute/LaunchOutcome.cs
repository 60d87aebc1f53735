using RunnerFleet.Runners;

namespace RunnerFleet.Compute;

/// <summary>How a launch ended.</summary>
public abstract class LaunchOutcome
{
    private protected LaunchOutcome() { }

    /// <summary>The compute was started by this call.</summary>
    /// <param name="compute">What was started.</param>
    public sealed class Launched(ComputeRef compute) : LaunchOutcome
    {
        /// <summary>What was started.</summary>
        public ComputeRef Compute { get; } = compute;
    }

    /// <summary>The compute of this attempt was there already: an earlier reply was lost, or another host was first.</summary>
    /// <param name="compute">What is there.</param>
    public sealed class Existing(ComputeRef compute) : LaunchOutcome
    {
        /// <summary>What is there.</summary>
        public ComputeRef Compute { get; } = compute;
    }

    /// <summary>Nothing was started: there is no capacity at present.</summary>
    /// <param name="reason">The provider's words.</param>
    /// <param name="retryAfter">When to try again, if the provider said.</param>
    public sealed class NoCapacity(string reason, TimeSpan? retryAfter = null) : LaunchOutcome
    {
        /// <summary>The provider's words.</summary>
        public string Reason { get; } = reason;

        /// <summary>When to try again, if the provider said.</summary>
        public TimeSpan? RetryAfter { get; } = retryAfter;
    }

    /// <summary>Nothing was started: the provider asks for fewer calls.</summary>
    /// <param name="reason">The provider's words.</param>
    /// <param name="retryAfter">When to try again, if the provider said.</param>
    public sealed class Throttled(string reason, TimeSpan? retryAfter = null) : LaunchOutcome
    {
        /// <summary>The provider's words.</summary>
        public string Reason { get; } = reason;

        /// <summary>When to try again, if the provider said.</summary>
        public TimeSpan? RetryAfter { get; } = retryAfter;
    }

    /// <summary>Nothing was started, and the same request would be refused again: a permission, a parameter, a missing thing.</summary>
    /// <param name="reason">What is wrong, and what to do.</param>
    public sealed class Rejected(string reason) : LaunchOutcome
    {
        /// <summary>What is wrong, and what to do.</summary>
        public string Reason { get; } = reason;
    }

    /// <summary>The reply never came, or says nothing: it may have started. Only the same request again, or find, decides.</summary>
    /// <param name="reason">What happened.</param>
    public sealed class Unknown(string reason) : LaunchOutcome
    {
        /// <summary>What happened.</summary>
        public string Reason { get; } = reason;
    }
}
