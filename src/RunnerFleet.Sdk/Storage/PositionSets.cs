namespace RunnerFleet.Storage;

/// <summary>Sorted sets of positions, one a group; a group without positions takes no room.</summary>
internal sealed class PositionSets<TGroup> where TGroup : notnull
{
    private readonly Dictionary<TGroup, SortedSet<ListPosition>> _sets = [];

    public IReadOnlyDictionary<TGroup, SortedSet<ListPosition>> Sets => _sets;

    public IEnumerable<ListPosition> Of(TGroup group) => _sets.TryGetValue(group, out var set) ? set : [];

    public void Add(TGroup group, ListPosition position)
    {
        if (!_sets.TryGetValue(group, out var set))
        {
            _sets.Add(group, set = []);
        }

        set.Add(position);
    }

    public void Remove(TGroup group, ListPosition position)
    {
        if (_sets.TryGetValue(group, out var set) && set.Remove(position) && set.Count == 0)
        {
            _sets.Remove(group);
        }
    }
}
