using RunnerFleet.Storage;

namespace RunnerFleet.Testing.Xunit;

#pragma warning disable CS1591 // the name of a test says what it checks

public abstract partial class RunnerStoreContract
{
    [Fact]
    public virtual async Task An_entry_comes_back_as_it_was_written()
    {
        var entry = new StoreEntry { Key = "notice/größe 😀/it's", Version = 1, Value = string.Concat(Enumerable.Repeat("{\"a\":\"ä\\n\"}\r\n", 500)), ExpiresAt = At(7).AddTicks(1) };
        await SaveAsync(entry);
        Assert.Equal(entry, await Store.GetEntryAsync(entry.Key, Cancellation));

        var cleared = new StoreEntry { Key = entry.Key, Version = 2 };
        await SaveAsync(cleared);
        Assert.Equal(cleared, await Store.GetEntryAsync(entry.Key, Cancellation));

        var empty = new StoreEntry { Key = entry.Key, Version = 3, Value = "" };
        await SaveAsync(empty);
        Assert.Equal(empty, await Store.GetEntryAsync(entry.Key, Cancellation));
    }

    [Fact]
    public virtual async Task An_entry_that_was_never_written_is_null() => Assert.Null(await Store.GetEntryAsync("lease/none", Cancellation));

    [Fact]
    public virtual async Task Entries_are_listed_by_prefix_in_ordinal_order()
    {
        string[] keys = ["lease/sweep", "lease/Drain", "lease/10", "lease/9", "lease/", "lease/é", "lease/a/b", "lease/a", "lease/a-b"];
        await SaveAsync(keys.Concat(["lease", "lease0", "Lease/x", "leas/x", "other/lease/x"]).Select(key => Entry(key, key)));

        await EventuallyAsync(async () =>
        {
            var listed = await Store.ListEntriesAsync("lease/", 100, Cancellation);
            Assert.Equal(keys.Order(StringComparer.Ordinal), listed.Select(e => e.Key));
            Assert.All(listed, entry => Assert.Equal(Entry(entry.Key, entry.Key), entry));
            Assert.Equal(keys.Order(StringComparer.Ordinal).Take(3), (await Store.ListEntriesAsync("lease/", 3, Cancellation)).Select(e => e.Key));
            Assert.Equal(14, (await Store.ListEntriesAsync("", 100, Cancellation)).Count);
            Assert.Empty(await Store.ListEntriesAsync("nothing/", 100, Cancellation));
        });
    }

    [Theory]
    [InlineData("a%")]
    [InlineData("a_")]
    [InlineData("a*")]
    [InlineData("a?")]
    [InlineData("a[b]")]
    [InlineData("a\\")]
    [InlineData("a'")]
    [InlineData("aä")]
    public virtual async Task A_prefix_is_taken_literally(string prefix)
    {
        await SaveAsync(Entry("ab/1"), Entry("a/2"), Entry("a"), Entry("A%/3"), Entry(prefix + "/4"), Entry(prefix));

        await EventuallyAsync(async () =>
            Assert.Equal([prefix, prefix + "/4"], (await Store.ListEntriesAsync(prefix, 10, Cancellation)).Select(e => e.Key)));
    }
}
