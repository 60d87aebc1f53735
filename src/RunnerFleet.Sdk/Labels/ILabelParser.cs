using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Labels;

/// <summary>Reads a job's labels. Implement it for a vocabulary of your own; <c>LabelParserContract</c> in <c>RunnerFleet.Sdk.Testing.Xunit</c> checks every promise made here.</summary>
public interface ILabelParser
{
    /// <summary>
    /// Says what labels ask for. A pure function: the same labels and context give the same answer. Order and case of labels do not matter.
    /// Never throws, whatever the labels: they come from whoever can edit a workflow.
    /// </summary>
    LabelOutcome Parse(IReadOnlyList<string> labels, LabelContext context);
}

/// <summary>What a parser needs to know of the fleet.</summary>
public sealed record LabelContext
{
    /// <summary>The classes by lower-case name.</summary>
    public required IReadOnlyDictionary<string, RunnerClass> Classes { get; init; }

    /// <summary>What the launcher can do.</summary>
    public required LauncherCapabilities Launcher { get; init; }

    /// <summary>Whether there is an image builder.</summary>
    public bool HasImageBuilder { get; init; }
}

/// <summary>What labels turned out to be.</summary>
public abstract class LabelOutcome
{
    private protected LabelOutcome() { }

    /// <summary>This fleet serves the job.</summary>
    /// <param name="spec">What the labels ask for.</param>
    public sealed class Ours(RunnerSpec spec) : LabelOutcome
    {
        /// <summary>What the labels ask for.</summary>
        public RunnerSpec Spec { get; } = spec;
    }

    /// <summary>Somebody else serves the job.</summary>
    /// <param name="reason">Which label is missing or foreign.</param>
    public sealed class NotOurs(string reason) : LabelOutcome
    {
        /// <summary>Which label is missing or foreign.</summary>
        public string Reason { get; } = reason;
    }

    /// <summary>The job is meant for this fleet, but cannot be served as it is written.</summary>
    /// <param name="diagnostic">A code, and a sentence that says what to change.</param>
    public sealed class Invalid(Reason diagnostic) : LabelOutcome
    {
        /// <summary>A code, and a sentence that says what to change.</summary>
        public Reason Diagnostic { get; } = diagnostic;
    }
}
