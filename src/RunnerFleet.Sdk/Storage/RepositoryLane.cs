using System.Globalization;
using RunnerFleet.Runners;

namespace RunnerFleet.Storage;

/// <summary>The word that fairness between repositories goes by: the numeric id survives a rename; the name serves where a payload told no id.</summary>
internal static class RepositoryLane
{
    public static string Of(Runner runner) => runner.Repository.Id != 0
        ? string.Create(CultureInfo.InvariantCulture, $"{runner.Scope.Host}/{runner.Repository.Id}")
        : $"{runner.Scope.Host}/{runner.Repository.FullName}".ToLowerInvariant();
}
