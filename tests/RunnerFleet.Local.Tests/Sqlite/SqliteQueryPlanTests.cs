using RunnerFleet.Local.Sqlite;

namespace RunnerFleet.Local.Tests.Sqlite;

/// <summary>A question must cost what it returns: each goes through an index, and none reads or sorts a whole table.</summary>
public sealed class SqliteQueryPlanTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public static TheoryData<string, string, string> InOrderOfAnIndex { get; } = new()
    {
        { "due runners", RecordQueries.Runners.Due, "runners_by_deadline (deadline<?)" },
        { "due jobs", RecordQueries.Jobs.Due, "jobs_by_deadline (deadline<?)" },
        { "free runners", RecordQueries.Runners.OfDemand, "runners_by_demand (demand=?)" },
        { "queued jobs", RecordQueries.Jobs.OfDemand, "jobs_by_demand (demand=?)" },
        { "newest runners", RecordQueries.Runners.NewestFirst(0), "runners_by_age ((created_at,id)<(?,?))" },
        { "newest jobs", RecordQueries.Jobs.NewestFirst(0), "jobs_by_age ((created_at,id)<(?,?))" },
        { "newest runners of a state", RecordQueries.Runners.NewestFirst(1), "runners_by_state (state=? AND (created_at,id)<(?,?))" },
        { "newest runners of some states", RecordQueries.Runners.NewestFirst(3), "runners_by_state (state=? AND (created_at,id)<(?,?))" },
        { "newest jobs of some states", RecordQueries.Jobs.NewestFirst(2), "jobs_by_state (state=? AND (created_at,id)<(?,?))" },
        { "expired runners", RecordQueries.Runners.Purge, "runners_by_expiry (expires_at<?)" },
        { "expired jobs", RecordQueries.Jobs.Purge, "jobs_by_expiry (expires_at<?)" },
        { "expired entries", SqliteQueries.PurgeEntries, "entries_by_expiry (expires_at<?)" },
        { "entries by prefix", SqliteQueries.EntriesFrom, "PRIMARY KEY (key>?)" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(InOrderOfAnIndex))]
    public void A_question_reads_its_index_in_order(string question, string sql, string index)
    {
        var plan = PlanOf(sql);

        Assert.True(plan.Any(step => step.Contains(index, StringComparison.Ordinal)), $"{question}: {string.Join("; ", plan)}");
        Assert.DoesNotContain(plan, step => step.StartsWith("SCAN", StringComparison.Ordinal) || step.Contains("TEMP B-TREE", StringComparison.Ordinal));
    }

    [Fact]
    public void Pending_runners_are_found_by_repository_without_a_scan_of_runners()
    {
        var plan = PlanOf(SqliteQueries.Pending);

        Assert.Equal(3, plan.Count(step => step.Contains("INDEX runners_pending", StringComparison.Ordinal)));
        Assert.DoesNotContain(plan, step => step.StartsWith("SCAN r", StringComparison.Ordinal));
    }

    [Fact]
    public void Counting_does_not_touch_the_records() =>
        Assert.DoesNotContain(PlanOf(RecordQueries.Runners.Count).Concat(PlanOf(RecordQueries.Jobs.Count)), step => !step.Contains("_count", StringComparison.Ordinal));

    private List<string> PlanOf(string sql)
    {
        using var session = _folder.OpenSession();
        var values = Enumerable.Range(1, 20).TakeWhile(i => sql.Contains($"${i}", StringComparison.Ordinal)).Select(object? (_) => 1L).ToArray();
        return session.Query($"EXPLAIN QUERY PLAN {sql}", row => row.GetString(3), values);
    }
}
