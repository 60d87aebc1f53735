using System.Collections.Concurrent;
using RunnerFleet.Images;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>The images that were there a moment ago. Only this is remembered: whatever is missing, failed or unknown is looked at anew.</summary>
internal sealed class ReadyImages(TimeSpan memory, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, (ImageOutcome.Ready Ready, DateTimeOffset Until)> _images = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _refreshed = new(StringComparer.Ordinal);

    public ImageOutcome.Ready? Find(string tag) => _images.TryGetValue(tag, out var known) && clock.GetUtcNow() < known.Until ? known.Ready : null;

    public void Put(string tag, ImageOutcome.Ready ready) => _images[tag] = (ready, clock.GetUtcNow() + memory);

    /// <summary>Forgets a reference that could not be run.</summary>
    public void Drop(string reference)
    {
        foreach (var (tag, known) in _images.Where(image => image.Value.Ready.Image == reference))
        {
            _images.TryRemove(KeyValuePair.Create(tag, known));
        }
    }

    /// <summary>Whether the refresh of a stale image was seen to just now; if not, it is from now on.</summary>
    public bool WasRefreshed(string tag)
    {
        var now = clock.GetUtcNow();
        var was = _refreshed.TryGetValue(tag, out var until) && now < until;
        if (!was)
        {
            _refreshed[tag] = now + memory;
        }

        return was;
    }
}
