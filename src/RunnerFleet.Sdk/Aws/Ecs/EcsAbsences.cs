namespace RunnerFleet.Aws.Ecs;

/// <summary>
/// Remembers what ECS did not know when it was asked. A task that was just started may be unknown for a while (ECS API reference, RunTask: eventual consistency), so that one look proves nothing;
/// two that lie apart do.
/// </summary>
internal sealed class EcsAbsences(TimeProvider clock)
{
    private const int MaxRemembered = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, DateTimeOffset> _since = new(StringComparer.Ordinal);

    public void Seen(string id)
    {
        lock (_gate)
        {
            _since.Remove(id);
        }
    }

    /// <summary>Notes that it is not known now, and says whether that was so a while ago already.</summary>
    public bool IsProven(string id, TimeSpan apart)
    {
        var now = clock.GetUtcNow();
        lock (_gate)
        {
            if (_since.TryGetValue(id, out var since))
            {
                return now - since >= apart;
            }

            if (_since.Count >= MaxRemembered)
            {
                _since.Remove(_since.MinBy(one => one.Value).Key);
            }

            _since[id] = now;
            return false;
        }
    }
}
