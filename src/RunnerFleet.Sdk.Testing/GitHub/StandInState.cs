using System.Text.Json;
using System.Text.Json.Serialization;

namespace RunnerFleet.Testing.GitHub;

/// <summary>What a stand-in remembers over a restart of its process.</summary>
internal sealed record StandInState
{
    public long NextId { get; init; }

    public IReadOnlyList<SavedRepository> Repositories { get; init; } = [];

    public IReadOnlyDictionary<string, long> Owners { get; init; } = new Dictionary<string, long>();

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Enterprises { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    public IReadOnlyList<SavedRun> Runs { get; init; } = [];

    public IReadOnlyList<SavedJob> Jobs { get; init; } = [];

    public IReadOnlyList<SavedRunner> Runners { get; init; } = [];

    public IReadOnlyList<SavedDelivery> Deliveries { get; init; } = [];
}

internal sealed record SavedRepository(long Id, string Owner, string Name, bool IsPrivate, bool OwnerIsUser);

internal sealed record SavedRun(long Id, string Repository, string WorkflowName, int Number, DateTimeOffset CreatedAt, int Attempt);

internal sealed record SavedJob(long Id, long Run, StandInJobOptions Options, IReadOnlyList<string> Labels, int Attempt, DateTimeOffset CreatedAt, string Status)
{
    public string? Conclusion { get; init; }

    public long? RunnerId { get; init; }

    public string? RunnerName { get; init; }

    public long? RunnerGroupId { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    public bool IsCancelAsked { get; init; }

    public bool IsSuperseded { get; init; }
}

internal sealed record SavedRunner(long Id, string Name, ScopeRow Scope, long GroupId, IReadOnlyList<string> Labels, string Credential, string? SessionId, bool HasEverConnected, long? Job);

/// <summary>A delivery that nobody has answered yet.</summary>
internal sealed record SavedDelivery(int Hook, string Repository, string DeliveryId, long JobId, string Event, string Action, byte[] Body, bool IsRedelivery, bool IsHeld);

/// <summary>The file that holds it. Replaced as a whole, so that a kill at any moment leaves the state before or the state after a change.</summary>
internal static class StandInStateFile
{
    public static StandInState? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), StandInStateJson.Default.StandInState);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} does not hold the state of a GitHub stand-in. Delete it to begin anew.", e);
        }
    }

    public static void Write(string path, StandInState state)
    {
        var written = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite; // it holds the runners' credentials
        }

        using (var file = new FileStream(written, options))
        {
            JsonSerializer.Serialize(file, state, StandInStateJson.Default.StandInState);
        }

        File.Move(written, path, overwrite: true);
    }
}

[JsonSerializable(typeof(StandInState))]
internal sealed partial class StandInStateJson : JsonSerializerContext;
