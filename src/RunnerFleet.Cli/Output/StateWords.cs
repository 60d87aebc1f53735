using System.Reflection;
using System.Text.Json.Serialization;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.Cli.Output;

/// <summary>States as records, documents and people spell them, such as <c>WAITING_FOR_JOB</c>.</summary>
internal static class StateWords
{
    public static string Of<TState>(TState state)
        where TState : struct, Enum => Words<TState>.ByState[state];

    public static IReadOnlyCollection<string> All<TState>()
        where TState : struct, Enum => Words<TState>.ByState.Values;

    public static TState? Find<TState>(string word)
        where TState : struct, Enum
    {
        var found = Words<TState>.ByState.Where(pair => pair.Value.Equals(word, StringComparison.OrdinalIgnoreCase)).ToList();
        return found is [var (state, _)] ? state : null;
    }

    public static Cell CellOf(RunnerState state) => new(Of(state), state switch
    {
        RunnerState.Running => Tone.Good,
        RunnerState.Failed => Tone.Bad,
        RunnerState.Offline => Tone.Past,
        _ => Tone.Busy,
    });

    public static Cell CellOf(JobState state) => new(Of(state), state switch
    {
        JobState.InProgress => Tone.Good,
        JobState.Refused or JobState.GaveUp => Tone.Bad,
        JobState.Completed => Tone.Past,
        _ => Tone.Busy,
    });

    private static class Words<TState>
        where TState : struct, Enum
    {
        public static Dictionary<TState, string> ByState { get; } = Enum.GetValues<TState>()
            .ToDictionary(state => state, state => typeof(TState).GetField(state.ToString())!.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()!.Name);
    }
}
