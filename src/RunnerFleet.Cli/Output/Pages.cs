using RunnerFleet.Storage;

namespace RunnerFleet.Cli.Output;

/// <summary>Reads a list page by page, as far as it is wanted.</summary>
internal static class Pages
{
    private const int PageSize = 200;

    public static async Task<(IReadOnlyList<T> Items, bool HasMore)> ReadAsync<T>(int limit, Func<int, string?, ValueTask<Page<T>>> read)
    {
        var items = new List<T>();
        string? continuation = null;
        do
        {
            var page = await read(Math.Min(PageSize, limit - items.Count), continuation).ConfigureAwait(false);
            items.AddRange(page.Items);
            continuation = page.Continuation;
        }
        while (continuation is not null && items.Count < limit);
        return (items, continuation is not null);
    }
}
