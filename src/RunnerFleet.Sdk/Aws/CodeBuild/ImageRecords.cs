using System.Text.Json;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>Where the records of images are: one entry of the store for each tag.</summary>
internal sealed class ImageRecords(IRunnerStore store, TimeProvider clock)
{
    // Whoever looks for an image after so long finds it in ECR, or has it built without what is known of former builds.
    private static readonly TimeSpan Keep = TimeSpan.FromDays(60);

    /// <summary>The record, and its version for a write that depends on it. An image that nobody asked for has an empty one.</summary>
    public async Task<(ImageRecord Record, long Version)> ReadAsync(string tag, CancellationToken cancellationToken)
    {
        var entry = await store.GetEntryAsync(KeyOf(tag), cancellationToken).ConfigureAwait(false);
        return (entry?.Value is { } value ? Read(value) : new ImageRecord(), entry?.Version ?? 0);
    }

    /// <summary>Writes a record if its stored version still is the one that was read.</summary>
    public async Task<bool> TryWriteAsync(string tag, ImageRecord record, long version, CancellationToken cancellationToken)
    {
        var entry = new StoreEntry
        {
            Key = KeyOf(tag),
            Version = version + 1,
            Value = JsonSerializer.Serialize(record, ImageRecordJson.Default.ImageRecord),
            ExpiresAt = clock.GetUtcNow() + Keep,
        };
        return await store.CommitAsync(new StoreCommit { Entries = [entry] }, cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed;
    }

    /// <summary>Changes a record; the change may be made again on a newer one, and says <see langword="null"/> when there is nothing to change.</summary>
    /// <returns>The record as it now is, and whether it was changed.</returns>
    public async Task<(ImageRecord Record, long Version, bool IsChanged)> ChangeAsync(string tag, Func<ImageRecord, ImageRecord?> change, CancellationToken cancellationToken)
    {
        const int Tries = 20; // each lost one is a write of somebody else, and there are few in the life of an image
        for (var i = 0; i < Tries; i++)
        {
            var (before, version) = await ReadAsync(tag, cancellationToken).ConfigureAwait(false);
            if (change(before) is not { } after)
            {
                return (before, version, false);
            }

            if (await TryWriteAsync(tag, after, version, cancellationToken).ConfigureAwait(false))
            {
                return (after, version + 1, true);
            }
        }

        throw new StoreUnavailableException($"The record of image {tag} was changed by others {Tries} times in a row.");
    }

    private static string KeyOf(string tag) => $"image/{tag}";

    private static ImageRecord Read(string value)
    {
        try
        {
            return JsonSerializer.Deserialize(value, ImageRecordJson.Default.ImageRecord) ?? new ImageRecord();
        }
        catch (JsonException)
        {
            return new ImageRecord(); // of another version of this library: the image is worth more than the memory of its builds
        }
    }
}
