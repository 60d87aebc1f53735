using RunnerFleet.Compute;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.Provisioning;

/// <summary>What became of a webhook.</summary>
public abstract class WebhookOutcome
{
    private protected WebhookOutcome() { }

    /// <summary>What it asks for is in the store (202).</summary>
    public sealed class Recorded : WebhookOutcome
    {
        /// <summary>One word: <c>queued</c>, <c>waiting</c>, <c>in_progress</c>, <c>completed</c>, <c>duplicate</c>, <c>refused</c> or <c>invalid</c>.</summary>
        public required string Outcome { get; init; }

        /// <summary>The job.</summary>
        public required JobKey Job { get; init; }

        /// <summary>The runner recorded for it, or running it; <see langword="null"/> where there is none.</summary>
        public string? RunnerId { get; init; }

        /// <summary>Why it was refused, or what to know.</summary>
        public Reason? Diagnostic { get; init; }
    }

    /// <summary>There is nothing to do (200).</summary>
    /// <param name="reason">Why.</param>
    public sealed class Ignored(string reason) : WebhookOutcome
    {
        /// <summary>Why.</summary>
        public string Reason { get; } = reason;
    }

    /// <summary>The signature is missing or wrong (401).</summary>
    /// <param name="reason">What is wrong, and what to do.</param>
    public sealed class Unauthorized(string reason) : WebhookOutcome
    {
        /// <summary>What is wrong, and what to do.</summary>
        public string Reason { get; } = reason;
    }

    /// <summary>It is signed, but not a webhook that can be read (400).</summary>
    /// <param name="reason">What is wrong.</param>
    public sealed class Malformed(string reason) : WebhookOutcome
    {
        /// <summary>What is wrong.</summary>
        public string Reason { get; } = reason;
    }

    /// <summary>It is larger than GitHub sends (413).</summary>
    /// <param name="reason">The limit.</param>
    public sealed class TooLarge(string reason) : WebhookOutcome
    {
        /// <summary>The limit.</summary>
        public string Reason { get; } = reason;
    }

    /// <summary>The content type is not JSON (415).</summary>
    /// <param name="reason">What to change.</param>
    public sealed class UnsupportedContentType(string reason) : WebhookOutcome
    {
        /// <summary>What to change.</summary>
        public string Reason { get; } = reason;
    }

    /// <summary>It could not be stored (503): the delivery shows as failed at GitHub and can be redelivered.</summary>
    /// <param name="reason">What happened.</param>
    public sealed class Unavailable(string reason) : WebhookOutcome
    {
        /// <summary>What happened.</summary>
        public string Reason { get; } = reason;
    }
}

/// <summary>A runner asks for its registration.</summary>
public sealed record ClaimRequest
{
    /// <summary>The runner's id.</summary>
    public required string RunnerId { get; init; }

    /// <summary>The launch attempt it was started by.</summary>
    public required int Attempt { get; init; }

    /// <summary>The claim secret from its environment.</summary>
    public required string Secret { get; init; }

    /// <summary>Never shows the secret.</summary>
    public override string ToString() => FormattableString.Invariant($"claim of {RunnerId}/{Attempt}");
}

/// <summary>What a claim was answered.</summary>
public abstract class ClaimOutcome
{
    private protected ClaimOutcome() { }

    /// <summary>The registration (200).</summary>
    public sealed class Registered : ClaimOutcome
    {
        /// <summary>The runner's name at GitHub.</summary>
        public required string RunnerName { get; init; }

        /// <summary>The configuration for <c>--jitconfig</c>: a credential.</summary>
        public required string EncodedJitConfig { get; init; }

        /// <summary>Signs this runner's reports.</summary>
        public required string ReportToken { get; init; }

        /// <summary>Never shows a credential.</summary>
        public override string ToString() => $"registered as {RunnerName}";
    }

    /// <summary>The secret is wrong (401).</summary>
    public sealed class Unauthorized : ClaimOutcome
    {
        private Unauthorized() { }

        /// <summary>The one instance.</summary>
        public static Unauthorized Instance { get; } = new();
    }

    /// <summary>There is no registration for this runner, now or later: it should exit (410).</summary>
    /// <param name="reason">Why.</param>
    public sealed class Gone(Reason reason) : ClaimOutcome
    {
        /// <summary>Why.</summary>
        public Reason Reason { get; } = reason;
    }

    /// <summary>Not now (503): ask again.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="retryAfter">How long to wait.</param>
    public sealed class Busy(string reason, TimeSpan retryAfter) : ClaimOutcome
    {
        /// <summary>Why.</summary>
        public string Reason { get; } = reason;

        /// <summary>How long to wait.</summary>
        public TimeSpan RetryAfter { get; } = retryAfter;
    }
}

/// <summary>What a runner says of itself.</summary>
public enum RunnerReportStatus
{
    /// <summary>A job began.</summary>
    Started,

    /// <summary>The job ended.</summary>
    Completed,

    /// <summary>The runner's program is about to exit.</summary>
    Exiting,
}

/// <summary>A runner's own report.</summary>
public sealed record RunnerReport
{
    /// <summary>The runner's id.</summary>
    public required string RunnerId { get; init; }

    /// <summary>The report token it was given with its registration.</summary>
    public required string Token { get; init; }

    /// <summary>What it says.</summary>
    public required RunnerReportStatus Status { get; init; }

    /// <summary>Never shows the token.</summary>
    public override string ToString() => $"{Status} of {RunnerId}";
}

/// <summary>What a report was answered.</summary>
public enum ReportOutcome
{
    /// <summary>Noted (204).</summary>
    Accepted,

    /// <summary>The token is wrong (401).</summary>
    Unauthorized,

    /// <summary>The runner has ended (410).</summary>
    Gone,
}

/// <summary>News from outside GitHub.</summary>
public abstract class FleetEvent
{
    private protected FleetEvent() { }

    /// <summary>Compute started, changed or stopped.</summary>
    /// <param name="description">How it stands.</param>
    public sealed class ComputeChanged(ComputeDescription description) : FleetEvent
    {
        /// <summary>How it stands.</summary>
        public ComputeDescription Description { get; } = description;
    }

    /// <summary>An image build changed. It is read anew, whatever the event said.</summary>
    /// <param name="buildId">The builder's id.</param>
    public sealed class ImageBuildChanged(string buildId) : FleetEvent
    {
        /// <summary>The builder's id.</summary>
        public string BuildId { get; } = buildId;
    }

    /// <summary>
    /// Somebody said something of a runner. A hint, whoever said it and whatever it was: the runner is looked at soon, by its launcher and GitHub. It never ends, stops or frees anything.
    /// </summary>
    /// <param name="runnerId">The runner's id. One that this fleet has no record of is passed over.</param>
    public sealed class RunnerMentioned(string runnerId) : FleetEvent
    {
        /// <summary>The runner's id.</summary>
        public string RunnerId { get; } = runnerId;
    }
}

/// <summary>What a drain did.</summary>
public sealed record DrainSummary
{
    /// <summary>How many runners' compute was started.</summary>
    public int Launched { get; init; }

    /// <summary>How many pending runners were put off, with a reason.</summary>
    public int PutOff { get; init; }

    /// <summary>How many overdue records were looked at.</summary>
    public int Due { get; init; }

    /// <summary>How many records could not be handled and are tried again: each is logged with its cause.</summary>
    public int Errors { get; init; }
}

/// <summary>How a request to end a runner was answered.</summary>
public abstract class TerminateOutcome
{
    private protected TerminateOutcome() { }

    /// <summary>Its end has begun.</summary>
    /// <param name="runner">The runner with its closing mark.</param>
    public sealed class Ending(Runner runner) : TerminateOutcome
    {
        /// <summary>The runner with its closing mark.</summary>
        public Runner Runner { get; } = runner;
    }

    /// <summary>It had ended before.</summary>
    /// <param name="runner">The runner.</param>
    public sealed class AlreadyEnded(Runner runner) : TerminateOutcome
    {
        /// <summary>The runner.</summary>
        public Runner Runner { get; } = runner;
    }

    /// <summary>It runs a job and was left alone.</summary>
    /// <param name="runner">The runner.</param>
    public sealed class RunsJob(Runner runner) : TerminateOutcome
    {
        /// <summary>The runner.</summary>
        public Runner Runner { get; } = runner;
    }

    /// <summary>There is no such runner.</summary>
    public sealed class NotFound : TerminateOutcome
    {
        private NotFound() { }

        /// <summary>The one instance.</summary>
        public static NotFound Instance { get; } = new();
    }
}
