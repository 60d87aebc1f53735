using RunnerFleet.Policy;
using RunnerFleet.Runners;

namespace RunnerFleet.Sdk.Tests.Policy;

public sealed class RunnerPolicyTests
{
    private static readonly RepositoryRef s_private = new() { Id = 1, Owner = "Octo", Name = "Widgets", IsPrivate = true };
    private static readonly RepositoryRef s_public = s_private with { IsPrivate = false };

    [Fact]
    public void Without_a_scope_a_runner_registers_with_its_jobs_repository() =>
        Assert.Equal(new RunnerScope { Kind = RunnerScopeKind.Repository, Owner = "Octo", Repository = "Widgets", InstallationId = 5 }, ScopeOf(new RunnerFleetOptions(), s_private));

    [Fact]
    public void With_a_repository_only_its_jobs_are_served()
    {
        var options = new RunnerFleetOptions { GitHub = { Repository = "octo/widgets", RunnerGroupId = 7 } };
        var scope = ScopeOf(options, s_private);
        Assert.Equal((RunnerScopeKind.Repository, "repos/Octo/Widgets", 1L), (scope.Kind, scope.ApiPath, scope.RunnerGroupId));
        Assert.Contains("RunnerFleet:GitHub:Repository", Refusal(options, s_private with { Name = "other" }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_an_organization_only_its_repositories_are_served()
    {
        var options = new RunnerFleetOptions { GitHub = { Organization = "octo", RunnerGroupId = 7 } };
        var scope = ScopeOf(options, s_private);
        Assert.Equal((RunnerScopeKind.Organization, "orgs/octo", 7L, null), (scope.Kind, scope.ApiPath, scope.RunnerGroupId, scope.Repository));
        Assert.Contains("RunnerFleet:GitHub:Organization", Refusal(options, s_private with { Owner = "octopus" }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_an_enterprise_every_repository_is_in_scope()
    {
        var scope = ScopeOf(new RunnerFleetOptions { GitHub = { Enterprise = "corp", RunnerGroupId = 7 } }, s_private);
        Assert.Equal((RunnerScopeKind.Enterprise, "enterprises/corp", 7L), (scope.Kind, scope.ApiPath, scope.RunnerGroupId));
    }

    [Fact]
    public void The_host_is_part_of_the_scope_in_lower_case() =>
        Assert.Equal("ghes.example.com", new RunnerPolicy(new FixedOptions(new RunnerFleetOptions())).ScopeOf(s_private, "GHES.Example.com", null, out _)?.Host);

    [Fact]
    public void Private_repositories_are_served_by_default() => Assert.Null(Check(new RunnerFleetOptions(), s_private));

    [Fact]
    public void Public_repositories_are_refused_and_the_setting_is_named()
    {
        var refusal = Check(new RunnerFleetOptions { Policy = { Repositories = { "octo/*" } } }, s_public);
        Assert.Equal(ReasonCodes.PublicRepository, refusal?.Code);
        Assert.Contains("RunnerFleet:Policy:PublicRepositories", refusal!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("octo/widgets", true), InlineData("*", true), InlineData("octo/*", false), InlineData("octo/widget", false), InlineData("", false)]
    public void A_public_repository_is_served_when_allowed_by_name_or_star(string entry, bool isServed) =>
        Assert.Equal(isServed, Check(new RunnerFleetOptions { Policy = { PublicRepositories = { entry } } }, s_public) is null);

    [Theory]
    [InlineData("octo/widgets", true), InlineData("OCTO/*", true), InlineData("octo/widget", false), InlineData("oct/*", false), InlineData("octo/widgets2", false), InlineData("*", false), InlineData("*/*", false), InlineData("/*", false)]
    public void With_an_allow_list_only_what_is_on_it_is_served(string entry, bool isServed)
    {
        var refusal = Check(new RunnerFleetOptions { Policy = { Repositories = { entry } } }, s_private);
        Assert.Equal(isServed ? null : ReasonCodes.RepositoryRefused, refusal?.Code);
        Assert.True(isServed || refusal!.Message.Contains("RunnerFleet:Policy:Repositories", StringComparison.Ordinal));
    }

    [Fact]
    public void A_public_repository_must_be_on_the_allow_list_too() =>
        Assert.Equal(ReasonCodes.RepositoryRefused, Check(new RunnerFleetOptions { Policy = { Repositories = { "other/*" }, PublicRepositories = { "*" } } }, s_public)?.Code);

    private static Reason? Check(RunnerFleetOptions options, RepositoryRef repository) => new RunnerPolicy(new FixedOptions(options)).Check(repository);

    private static RunnerScope ScopeOf(RunnerFleetOptions options, RepositoryRef repository)
    {
        var scope = new RunnerPolicy(new FixedOptions(options)).ScopeOf(repository, "github.com", 5, out var refusal);
        Assert.Null(refusal);
        return Assert.IsType<RunnerScope>(scope);
    }

    private static Reason Refusal(RunnerFleetOptions options, RepositoryRef repository)
    {
        Assert.Null(new RunnerPolicy(new FixedOptions(options)).ScopeOf(repository, "github.com", 5, out var refusal));
        Assert.Equal(ReasonCodes.RepositoryRefused, refusal?.Code);
        return refusal!;
    }
}
