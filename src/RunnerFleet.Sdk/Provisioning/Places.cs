using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Provisioning;

/// <summary>Which places a runner takes: one in the fleet, one in its class, one for its repository. All three are always counted, so that a limit set later starts from the truth.</summary>
internal static class Places
{
    public const string Fleet = "fleet";

    public static string Class(string name) => $"class/{name}";

    public static string Repository(RunnerScope scope, RepositoryRef repository) => repository.Id != 0
        ? FormattableString.Invariant($"repository/{scope.Host}/{repository.Id}")
        : $"repository/{scope.Host}/{repository.FullName.ToLowerInvariant()}"; // a payload without the numeric id

    public static IReadOnlyList<(string Key, int? Limit)> Of(Runner runner, RunnerClass runnerClass, LimitOptions limits) =>
    [
        (Fleet, limits.Fleet),
        (Class(runnerClass.Name), runnerClass.Limit),
        (Repository(runner.Scope, runner.Repository), limits.PerRepository),
    ];
}
