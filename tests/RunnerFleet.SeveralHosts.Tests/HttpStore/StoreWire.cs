using System.Text.Json;

namespace RunnerFleet.SeveralHosts.Tests.HttpStore;

/// <summary>What client and server of the store say to each other: one POST an operation, arguments and answer as JSON.</summary>
internal static class StoreWire
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web);

    /// <summary>"What is due by then, at most so many."</summary>
    public sealed record Due(DateTimeOffset Now, int Take);

    /// <summary>"What is under this key or prefix, at most so many."</summary>
    public sealed record Under(string Key, int Take);

    /// <summary>How a commit ended: neither list is there when it was written.</summary>
    public sealed record CommitAnswer(IReadOnlyList<string>? Conflict = null, IReadOnlyList<string>? NoPlace = null);
}
