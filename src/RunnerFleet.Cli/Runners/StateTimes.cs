using System.Text.Json.Serialization;
using RunnerFleet.Runners;

namespace RunnerFleet.Cli.Runners;

/// <summary>How long a runner was in one state.</summary>
/// <param name="State">The state.</param>
/// <param name="From">Since when.</param>
/// <param name="To">Until when; <see langword="null"/> while it is in it, and for a final state.</param>
/// <param name="Seconds">How long, by now; <see langword="null"/> for a final state.</param>
internal sealed record StateTime(RunnerState State, DateTimeOffset From, DateTimeOffset? To, double? Seconds)
{
    [JsonIgnore]
    public TimeSpan? Length => Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Reads a history: each line whose state differs from the one before begins a stay.</summary>
    public static IReadOnlyList<StateTime> Of(Runner runner, DateTimeOffset now)
    {
        var moves = runner.History.Where(move => move.From != move.To).ToList();
        return [.. moves.Select((move, i) =>
        {
            var left = i + 1 < moves.Count ? moves[i + 1].At : (DateTimeOffset?)null;
            var isFinal = RunnerTransitions.IsTerminal(move.To);
            return new StateTime(move.To, move.At, left, isFinal ? null : Math.Max(0, ((left ?? now) - move.At).TotalSeconds));
        })];
    }
}
