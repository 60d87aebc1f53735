using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>The states as people read them (<c>WAITING_FOR_JOB</c>), the same in attributes as in documents.</summary>
internal static class StateNames<TState> where TState : struct, Enum
{
    private static readonly Dictionary<TState, string> s_names = Enum.GetValues<TState>().ToDictionary(
        state => state, state => JsonSerializer.SerializeToElement(state, (JsonTypeInfo<TState>)StateJson.Default.GetTypeInfo(typeof(TState))!).GetString()!);

    private static readonly Dictionary<string, TState> s_states = s_names.ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    public static string Of(TState state) => s_names[state];

    /// <summary>A newer version may know further states.</summary>
    public static bool TryParse(string? name, out TState state) => s_states.TryGetValue(name ?? "", out state);
}

[JsonSerializable(typeof(RunnerState))]
[JsonSerializable(typeof(JobState))]
internal sealed partial class StateJson : JsonSerializerContext;
