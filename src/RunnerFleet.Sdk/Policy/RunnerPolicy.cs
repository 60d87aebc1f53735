using Microsoft.Extensions.Options;
using RunnerFleet.Runners;

namespace RunnerFleet.Policy;

/// <summary>Decides which repositories are served, and where their runners register.</summary>
internal sealed class RunnerPolicy(IOptionsMonitor<RunnerFleetOptions> options)
{
    private const string Everything = "*";
    private const string AllOfOwner = "/*";

    /// <summary>The one scope in which all runners register; <see langword="null"/> where each registers with its job's own repository.</summary>
    internal RunnerScope? FixedScope => options.CurrentValue.GitHub switch
    {
        { Repository: { Length: > 0 } repository } => new RunnerScope { Kind = RunnerScopeKind.Repository, Owner = repository.Split('/')[0], Repository = repository.Split('/')[^1] },
        { Organization: { Length: > 0 } organization } gitHub => new RunnerScope { Kind = RunnerScopeKind.Organization, Owner = organization, RunnerGroupId = gitHub.RunnerGroupId },
        { Enterprise: { Length: > 0 } enterprise } gitHub => new RunnerScope { Kind = RunnerScopeKind.Enterprise, Owner = enterprise, RunnerGroupId = gitHub.RunnerGroupId },
        _ => null,
    };

    /// <summary>Where a job's runner registers; <see langword="null"/>, with the reason, where the repository lies outside the fleet's scope.</summary>
    /// <param name="repository">The job's repository.</param>
    /// <param name="host">The GitHub host as people write it.</param>
    /// <param name="installationId">The App installation that may act for the repository.</param>
    /// <param name="refusal">Why it lies outside.</param>
    internal RunnerScope? ScopeOf(RepositoryRef repository, string host, long? installationId, out Reason? refusal)
    {
        var gitHub = options.CurrentValue.GitHub;
        refusal = null;
        if (gitHub.Repository is { Length: > 0 } only && !Same(only, repository.FullName))
        {
            refusal = Reason.Of(ReasonCodes.RepositoryRefused, $"This fleet serves {only} only, not {repository}. Change RunnerFleet:GitHub:Repository, or remove it to serve every repository that sends webhooks.");
            return null;
        }

        if (gitHub.Organization is { Length: > 0 } organization && !Same(organization, repository.Owner))
        {
            refusal = Reason.Of(ReasonCodes.RepositoryRefused, $"This fleet serves the repositories of {organization} only, not {repository}. Change RunnerFleet:GitHub:Organization.");
            return null;
        }

        var scope = gitHub.Repository is { Length: > 0 } ? OfRepository(repository) : FixedScope ?? OfRepository(repository);
        return scope with { Host = host.ToLowerInvariant(), InstallationId = installationId };
    }

    /// <summary>Why the repository's jobs are refused; <see langword="null"/> when they are served.</summary>
    internal Reason? Check(RepositoryRef repository)
    {
        var policy = options.CurrentValue.Policy;
        if (policy.Repositories.Count > 0 && !policy.Repositories.Any(entry => Covers(entry, repository)))
        {
            return Reason.Of(ReasonCodes.RepositoryRefused, $"{repository} is not among the repositories that this fleet serves. Add it to RunnerFleet:Policy:Repositories.");
        }

        if (!repository.IsPrivate && !policy.PublicRepositories.Any(entry => entry == Everything || Same(entry, repository.FullName)))
        {
            return Reason.Of(ReasonCodes.PublicRepository, $"{repository} is public: anyone can run code on its runners by a pull request. To serve it all the same, add it to RunnerFleet:Policy:PublicRepositories.");
        }

        return null;
    }

    private static RunnerScope OfRepository(RepositoryRef repository) =>
        new() { Kind = RunnerScopeKind.Repository, Owner = repository.Owner, Repository = repository.Name };

    private static bool Covers(string entry, RepositoryRef repository) =>
        Same(entry, repository.FullName)
        || (entry.EndsWith(AllOfOwner, StringComparison.Ordinal) && Same(entry[..^AllOfOwner.Length], repository.Owner));

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
