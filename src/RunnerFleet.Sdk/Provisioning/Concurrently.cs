namespace RunnerFleet.Provisioning;

/// <summary>
/// Takes a step for each item, a few at once. No step is moved to another thread: each goes on wherever the call it waited for is answered. So the order of
/// events depends on the outside alone, and a simulation that answers in a known order replays a run exactly.
/// </summary>
internal static class Concurrently
{
    public static async Task<IReadOnlyList<TResult>> ForEachAsync<T, TResult>(IReadOnlyList<T> items, int atOnce, Func<T, int, Task<TResult>> step)
    {
        var results = new TResult[items.Count];
        var next = -1;
        async Task WorkAsync()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < items.Count;)
            {
                results[i] = await step(items[i], i).ConfigureAwait(false);
            }
        }

        await Task.WhenAll(Enumerable.Range(0, Math.Min(atOnce, items.Count)).Select(_ => WorkAsync()).ToArray()).ConfigureAwait(false);
        return results;
    }
}
