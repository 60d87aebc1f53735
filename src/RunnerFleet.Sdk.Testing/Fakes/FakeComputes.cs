using System.Threading.Channels;
using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Testing.Fakes;

/// <summary>The provider behind one or more <see cref="FakeComputeLauncher"/>s: what was launched, as it stands.</summary>
internal sealed class FakeComputes
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, (string Fleet, ComputeDescription Description)> _byToken = new(StringComparer.Ordinal);
    private readonly List<ChannelWriter<ComputeDescription>> _watchers = [];

    public IReadOnlyList<(string Token, string Fleet, ComputeDescription Description)> Snapshot()
    {
        lock (_lock)
        {
            return [.. _byToken.Select(entry => (entry.Key, entry.Value.Fleet, entry.Value.Description))];
        }
    }

    public ComputeDescription? Find(string token)
    {
        lock (_lock)
        {
            return _byToken.TryGetValue(token, out var entry) ? entry.Description : null;
        }
    }

    /// <summary>Adds it unless this attempt has one already, and says which it is.</summary>
    public (bool Added, ComputeDescription Description) GetOrAdd(string token, string fleet, ComputeDescription description)
    {
        lock (_lock)
        {
            if (_byToken.TryGetValue(token, out var existing))
            {
                return (false, existing.Description);
            }

            _byToken.Add(token, (fleet, description));
            Publish(description);
            return (true, description);
        }
    }

    /// <summary>Changes one that has not stopped. <see langword="false"/> where there is none such.</summary>
    public bool Change(Func<ComputeDescription, bool> which, Func<ComputeDescription, ComputeDescription> change)
    {
        lock (_lock)
        {
            var (token, (fleet, before)) = _byToken.LastOrDefault(entry => entry.Value.Description.Status != ComputeStatus.Stopped && which(entry.Value.Description));
            if (token is null)
            {
                return false;
            }

            var after = change(before);
            _byToken[token] = (fleet, after);
            if (after.Status == ComputeStatus.Stopped)
            {
                Publish(after);
            }

            return true;
        }
    }

    public ChannelReader<ComputeDescription> Watch(CancellationToken cancellationToken)
    {
        var channel = Channel.CreateUnbounded<ComputeDescription>();
        lock (_lock)
        {
            _watchers.Add(channel.Writer);
        }

        cancellationToken.Register(() =>
        {
            lock (_lock)
            {
                _watchers.Remove(channel.Writer);
            }
        });
        return channel.Reader;
    }

    private void Publish(ComputeDescription description)
    {
        foreach (var watcher in _watchers)
        {
            watcher.TryWrite(description);
        }
    }
}
