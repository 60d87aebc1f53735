using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Testing.Xunit;

#pragma warning disable CS1591 // the name of a test says what it checks

public abstract partial class RunnerStoreContract
{
    [Fact]
    public virtual async Task A_place_key_that_was_never_used_counts_0()
    {
        var places = await Store.GetPlacesAsync(["fleet", "class/größe 😀", "repository/github.com/42"], Cancellation);

        Assert.Equal(3, places.Count);
        Assert.All(places, place => Assert.Equal(0, place.Value));
        Assert.Empty(await Store.GetPlacesAsync([], Cancellation));
    }

    [Fact]
    public virtual async Task Places_are_counted_by_key()
    {
        await SaveAsync(new StoreCommit { Places = [Take("fleet", 10, count: 3), Take("class/größe 😀", 10)] });
        await SaveAsync(new StoreCommit { Places = [Free("fleet"), Take("class/größe 😀", 10, count: 4)] });

        Assert.Equal(2, await CountPlacesAsync("fleet"));
        Assert.Equal(5, await CountPlacesAsync("class/größe 😀"));
        Assert.Equal(0, await CountPlacesAsync("class/Größe 😀"));
    }

    [Fact]
    public virtual async Task The_last_place_can_be_taken_and_no_more()
    {
        await SaveAsync(new StoreCommit { Places = [Take("fleet", 5, count: 3)] });

        Assert.IsType<CommitOutcome.NoPlace>(await CommitAsync(new StoreCommit { Places = [Take("fleet", 5, count: 3)] }));
        Assert.IsType<CommitOutcome.Committed>(await CommitAsync(new StoreCommit { Places = [Take("fleet", 5, count: 2)] }));
        Assert.IsType<CommitOutcome.NoPlace>(await CommitAsync(new StoreCommit { Places = [Take("fleet", 5)] }));
        Assert.Equal(5, await CountPlacesAsync("fleet"));
    }

    [Fact]
    public virtual async Task A_limit_binds_the_very_first_taker_too()
    {
        Assert.IsType<CommitOutcome.NoPlace>(await CommitAsync(new StoreCommit { Places = [Take("fleet", 0)] }));
        Assert.IsType<CommitOutcome.NoPlace>(await CommitAsync(new StoreCommit { Places = [Take("fleet", 2, count: 3)] }));
        Assert.Equal(0, await CountPlacesAsync("fleet"));
    }

    [Fact]
    public virtual async Task No_place_names_the_full_keys_and_no_others()
    {
        await SaveAsync(new StoreCommit { Places = [Take("fleet", 1), Take("class/a", 1), Take("class/b", 1)] });

        var outcome = await CommitAsync(new StoreCommit { Places = [Take("fleet", 1), Take("class/a", 2), Take("class/c", 1), Take("class/b", 1)] });

        Assert.Equal(["class/b", "fleet"], Assert.IsType<CommitOutcome.NoPlace>(outcome).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public virtual async Task Without_a_limit_any_number_is_taken()
    {
        await SaveAsync(new StoreCommit { Places = [new PlaceChange { Key = "fleet", Delta = 1_000_000 }] });
        await SaveAsync(new StoreCommit { Places = [new PlaceChange { Key = "fleet", Delta = 1 }] });

        Assert.Equal(1_000_001, await CountPlacesAsync("fleet"));
    }

    [Fact]
    public virtual async Task A_limit_lowered_below_the_count_refuses_takers_and_lets_places_be_freed()
    {
        await SaveAsync(new StoreCommit { Places = [Take("fleet", 5, count: 5)] });

        Assert.IsType<CommitOutcome.NoPlace>(await CommitAsync(new StoreCommit { Places = [Take("fleet", 2)] }));
        await SaveAsync(new StoreCommit { Places = [Free("fleet", count: 3)] });
        Assert.IsType<CommitOutcome.NoPlace>(await CommitAsync(new StoreCommit { Places = [Take("fleet", 2)] }));
        await SaveAsync(new StoreCommit { Places = [Free("fleet")] });
        Assert.IsType<CommitOutcome.Committed>(await CommitAsync(new StoreCommit { Places = [Take("fleet", 2)] }));
        Assert.Equal(2, await CountPlacesAsync("fleet"));
    }

    [Fact]
    public virtual async Task Many_takers_at_once_never_exceed_a_limit()
    {
        var outcomes = await AtOnceAsync(60, taker => CommitAsync(new StoreCommit
        {
            Runners = [SampleRecords.Runner(taker)],
            Places = [Take("fleet", 20), Take($"class/{taker % 2}", 8)],
        }));

        var winners = Enumerable.Range(0, 60).Where(taker => outcomes[taker] is CommitOutcome.Committed).ToList();
        Assert.All(outcomes, outcome => Assert.True(outcome is CommitOutcome.Committed or CommitOutcome.NoPlace));
        Assert.Equal(16, winners.Count);
        Assert.Equal(16, await CountPlacesAsync("fleet"));
        Assert.Equal(8, await CountPlacesAsync("class/0"));
        Assert.Equal(8, await CountPlacesAsync("class/1"));
        for (var taker = 0; taker < 60; taker++)
        {
            Assert.Equal(winners.Contains(taker), await Store.GetRunnerAsync(SampleRecords.RunnerId(taker), Cancellation) is not null);
        }
    }

    [Fact]
    public virtual async Task Places_taken_and_freed_at_once_end_in_the_exact_count()
    {
        var kept = await AtOnceAsync(16, async worker =>
        {
            var held = 0;
            for (var round = 0; round < 12; round++)
            {
                var change = held > 0 && (worker + round) % 3 == 0 ? Free("fleet") : Take("fleet", 10);
                if (await CommitAsync(new StoreCommit { Places = [change] }) is CommitOutcome.Committed)
                {
                    held += change.Delta;
                }

                Assert.InRange(await CountPlacesAsync("fleet"), 0, 10);
            }

            return held;
        });

        Assert.Equal(kept.Sum(), await CountPlacesAsync("fleet"));
    }
}
