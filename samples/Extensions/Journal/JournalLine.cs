using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using RunnerFleet.Storage;

namespace Extensions.Journal;

/// <summary>A commit, or a purge, as one line of JSON.</summary>
internal sealed record JournalLine
{
    public StoreCommit Commit { get; private init; } = new();

    public DateTimeOffset? PurgedAt { get; private init; }

    public static ReadOnlySpan<byte> Of(StoreCommit commit) => Write(writer =>
    {
        WriteAll(writer, "runners", commit.Runners, runner => writer.WriteRawValue(RecordJson.Serialize(runner)));
        WriteAll(writer, "jobs", commit.Jobs, job => writer.WriteRawValue(RecordJson.Serialize(job)));
        WriteAll(writer, "places", commit.Places, place => JsonSerializer.Serialize(writer, place));
        WriteAll(writer, "entries", commit.Entries, entry => JsonSerializer.Serialize(writer, entry));
    });

    public static ReadOnlySpan<byte> OfPurge(DateTimeOffset now) => Write(writer => writer.WriteString("purgedAt", now));

    public static JournalLine Read(ReadOnlyMemory<byte> line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        return new JournalLine
        {
            PurgedAt = root.TryGetProperty("purgedAt", out var at) ? at.GetDateTimeOffset() : null,
            Commit = new StoreCommit
            {
                Runners = ReadAll(root, "runners", e => RecordJson.DeserializeRunner(JsonMarshal.GetRawUtf8Value(e))),
                Jobs = ReadAll(root, "jobs", e => RecordJson.DeserializeJob(JsonMarshal.GetRawUtf8Value(e))),
                Places = ReadAll(root, "places", e => e.Deserialize<PlaceChange>()!),
                Entries = ReadAll(root, "entries", e => e.Deserialize<StoreEntry>()!),
            },
        };
    }

    private static ReadOnlySpan<byte> Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        members(writer);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan;
    }

    private static void WriteAll<T>(Utf8JsonWriter writer, string name, IReadOnlyList<T> items, Action<T> write)
    {
        if (items.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            write(item);
        }

        writer.WriteEndArray();
    }

    private static T[] ReadAll<T>(JsonElement root, string name, Func<JsonElement, T> read) =>
        root.TryGetProperty(name, out var items) ? [.. items.EnumerateArray().Select(read)] : [];
}
