namespace RunnerFleet.Testing.GitHub;

/// <summary>To and from what is kept in a file.</summary>
internal sealed partial class StandInWorld
{
    private const int MostCompletedJobs = 500;

    public RepositoryRow FindRepository(string fullName) => AddRepository(fullName, isPrivate: true, ownerIsUser: false);

    /// <summary>Called under the lock. Of the completed jobs only the latest are kept.</summary>
    public StandInState Save()
    {
        var jobs = _jobs.Values.Where(j => j.Status != "completed").Concat(_jobs.Values.Where(j => j.Status == "completed").TakeLast(MostCompletedJobs)).ToList();
        return new()
        {
            Repositories = [.. _repositories.Values.Select(r => new SavedRepository(r.Id, r.Owner, r.Name, r.IsPrivate, r.OwnerIsUser))],
            Owners = _owners,
            Enterprises = _enterprises.ToDictionary(e => e.Key, e => (IReadOnlyList<string>)[.. e.Value]),
            Runs = [.. jobs.Select(j => j.Run).Distinct().Select(r => new SavedRun(r.Id, r.Repository.FullName, r.WorkflowName, r.Number, r.CreatedAt, r.Attempt))],
            Jobs = [.. jobs.Select(Save)],
            Runners = [.. _runners.Values.Select(r => new SavedRunner(r.Id, r.Name, r.Scope, r.GroupId, r.Labels, r.Credential, r.SessionId, r.HasEverConnected, r.Job?.Id))],
        };
    }

    /// <summary>Only while nobody else uses this world. A runner's silence begins anew: while its GitHub was away it had nobody to speak to.</summary>
    public void Restore(StandInState saved)
    {
        foreach (var (owner, id) in saved.Owners)
        {
            _owners[owner] = id;
        }

        foreach (var r in saved.Repositories)
        {
            _repositories[$"{r.Owner}/{r.Name}"] = new(r.Id, _owners[r.Owner], r.Owner, r.Name, r.IsPrivate, r.OwnerIsUser);
        }

        foreach (var (slug, organizations) in saved.Enterprises)
        {
            _enterprises[slug] = new(organizations, StringComparer.OrdinalIgnoreCase);
        }

        foreach (var r in saved.Runs)
        {
            _runs[r.Id] = new() { Id = r.Id, Repository = _repositories[r.Repository], WorkflowName = r.WorkflowName, Number = r.Number, CreatedAt = r.CreatedAt, Attempt = r.Attempt };
        }

        foreach (var j in saved.Jobs)
        {
            _jobs[j.Id] = Restore(j);
        }

        foreach (var r in saved.Runners)
        {
            _runners[r.Id] = new()
            {
                Id = r.Id,
                Name = r.Name,
                Scope = r.Scope,
                GroupId = r.GroupId,
                Labels = r.Labels,
                Credential = r.Credential,
                SessionId = r.SessionId,
                HasEverConnected = r.HasEverConnected,
                LastContact = clock.GetUtcNow(),
                Job = r.Job is { } job ? _jobs[job] : null,
            };
        }
    }

    private static SavedJob Save(JobRow j) => new(j.Id, j.Run.Id, j.Options, j.Labels, j.Attempt, j.CreatedAt, j.Status)
    {
        Conclusion = j.Conclusion,
        RunnerId = j.RunnerId,
        RunnerName = j.RunnerName,
        RunnerGroupId = j.RunnerGroupId,
        StartedAt = j.StartedAt,
        CompletedAt = j.CompletedAt,
        IsCancelAsked = j.IsCancelAsked,
        IsSuperseded = j.IsSuperseded,
    };

    private JobRow Restore(SavedJob j) => new()
    {
        Id = j.Id,
        Run = _runs[j.Run],
        Options = j.Options,
        Labels = j.Labels,
        Attempt = j.Attempt,
        CreatedAt = j.CreatedAt,
        Status = j.Status,
        Conclusion = j.Conclusion,
        RunnerId = j.RunnerId,
        RunnerName = j.RunnerName,
        RunnerGroupId = j.RunnerGroupId,
        StartedAt = j.StartedAt,
        CompletedAt = j.CompletedAt,
        IsCancelAsked = j.IsCancelAsked,
        IsSuperseded = j.IsSuperseded,
    };
}
