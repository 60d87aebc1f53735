using System.Collections.Concurrent;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>
/// What this host wrote a moment ago. An index shows it only a little later, and the hint that follows a write is there sooner: without this, a job whose drain is so quick would wait for the
/// next one by the clock. It only adds candidates; each is read consistently before it is listed.
/// </summary>
internal sealed class FreshRecords<TRecord>(Func<TRecord, string> idOf, TimeProvider clock)
{
    // Far longer than indexes lag by day; at worst the clock's next drain finds it.
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(5);
    private const int Most = 1000;

    private readonly ConcurrentDictionary<string, (TRecord Record, DateTimeOffset At)> _records = new(StringComparer.Ordinal);

    public IEnumerable<TRecord> All => _records.Values.Where(IsFresh).Select(record => record.Record);

    public void Written(IReadOnlyList<TRecord> records)
    {
        if (records.Count == 0)
        {
            return;
        }

        foreach (var (id, record) in _records)
        {
            if (!IsFresh(record) || _records.Count + records.Count > Most)
            {
                _records.TryRemove(id, out _);
            }
        }

        var now = clock.GetUtcNow();
        foreach (var record in records)
        {
            _records[idOf(record)] = (record, now);
        }
    }

    private bool IsFresh((TRecord Record, DateTimeOffset At) record) => clock.GetUtcNow() - record.At < s_fresh;
}
