namespace RunnerFleet.Storage;

/// <summary>What every store asks of a commit before it looks at its records.</summary>
internal static class CommitRules
{
    /// <summary>Refuses a commit that writes one thing twice: which of the two would hold is not said anywhere, so it is a mistake of the caller.</summary>
    public static void RefuseDoubles(StoreCommit commit)
    {
        var twice = commit.Runners.CountBy(r => $"runner {r.Id}")
            .Concat(commit.Jobs.CountBy(j => $"job {j.Key}"))
            .Concat(commit.Places.CountBy(p => $"place {p.Key}"))
            .Concat(commit.Entries.CountBy(e => $"entry {e.Key}"))
            .FirstOrDefault(write => write.Value > 1);
        if (twice.Key is not null)
        {
            throw new ArgumentException($"The commit writes {twice.Key} twice.", nameof(commit));
        }
    }
}
