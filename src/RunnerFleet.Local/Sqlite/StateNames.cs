using System.Reflection;
using System.Text.Json.Serialization;

namespace RunnerFleet.Local.Sqlite;

/// <summary>The states as people read them (<c>WAITING_FOR_JOB</c>), the same in columns as in documents.</summary>
internal static class StateNames<TState> where TState : struct, Enum
{
    private static readonly Dictionary<TState, string> s_names = Enum.GetValues<TState>().ToDictionary(state => state, state =>
        typeof(TState).GetField(state.ToString())?.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? state.ToString());

    private static readonly Dictionary<string, TState> s_states = s_names.ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    public static string Of(TState state) => s_names[state];

    public static bool TryParse(string name, out TState state) => s_states.TryGetValue(name, out state);
}
