using System.Text.Json.Serialization;
using RunnerFleet.Runners;

namespace RunnerFleet.Compute;

/// <summary>What a look at compute showed.</summary>
public abstract class FindOutcome
{
    private protected FindOutcome() { }

    /// <summary>It is, or was, there.</summary>
    /// <param name="description">How it stands.</param>
    public sealed class Found(ComputeDescription description) : FindOutcome
    {
        /// <summary>How it stands.</summary>
        public ComputeDescription Description { get; } = description;
    }

    /// <summary>It does not run, and will not start.</summary>
    public sealed class ConfirmedAbsent : FindOutcome
    {
        private ConfirmedAbsent() { }

        /// <summary>The one instance.</summary>
        public static ConfirmedAbsent Instance { get; } = new();
    }

    /// <summary>The look failed, or cannot tell. Nothing may be concluded.</summary>
    /// <param name="reason">What happened.</param>
    public sealed class Unknown(string reason) : FindOutcome
    {
        /// <summary>What happened.</summary>
        public string Reason { get; } = reason;
    }
}

/// <summary>How compute stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ComputeStatus>))]
public enum ComputeStatus
{
    /// <summary>Accepted; not running yet.</summary>
    Starting,

    /// <summary>Running.</summary>
    Running,

    /// <summary>Being stopped.</summary>
    Stopping,

    /// <summary>Stopped: nothing runs and nothing costs any more.</summary>
    Stopped,
}

/// <summary>Compute as its launcher sees it.</summary>
public sealed record ComputeDescription
{
    /// <summary>Its name.</summary>
    public required ComputeRef Compute { get; init; }

    /// <summary>The runner it was started for; <see langword="null"/> where its marks are missing or unreadable.</summary>
    public string? RunnerId { get; init; }

    /// <summary>The launch attempt it belongs to; 0 where its marks are missing or unreadable.</summary>
    public int Attempt { get; init; }

    /// <summary>How it stands.</summary>
    public required ComputeStatus Status { get; init; }

    /// <summary>When it started, as far as known.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>How it ended, once stopped.</summary>
    public ComputeEnd? End { get; init; }
}

/// <summary>How a stop ended.</summary>
public abstract class StopOutcome
{
    private protected StopOutcome() { }

    /// <summary>It is stopped, or was never there.</summary>
    public sealed class Stopped : StopOutcome
    {
        private Stopped() { }

        /// <summary>The one instance.</summary>
        public static Stopped Instance { get; } = new();
    }

    /// <summary>The stop is under way.</summary>
    public sealed class Stopping : StopOutcome
    {
        private Stopping() { }

        /// <summary>The one instance.</summary>
        public static Stopping Instance { get; } = new();
    }

    /// <summary>It could not be told to stop, or the reply was lost. Try again.</summary>
    /// <param name="reason">What happened.</param>
    public sealed class Unknown(string reason) : StopOutcome
    {
        /// <summary>What happened.</summary>
        public string Reason { get; } = reason;
    }
}
