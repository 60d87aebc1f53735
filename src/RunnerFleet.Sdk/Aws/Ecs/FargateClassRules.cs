using Microsoft.Extensions.Options;
using RunnerFleet.Compute;

namespace RunnerFleet.Aws.Ecs;

/// <summary>Checks the classes of <c>RunnerFleet:Classes</c> against what Fargate runs: a size that it refuses would else be found by the first job.</summary>
internal sealed class FargateClassRules(IOptions<EcsLauncherOptions> launcher) : IValidateOptions<RunnerFleetOptions>
{
    public ValidateOptionsResult Validate(string? name, RunnerFleetOptions options)
    {
        var providers = ProvidersOf(launcher);
        var failures = options.Classes
            .Where(one => one.Value is not null && providers?.ContainsKey(one.Key) != true)
            .Select(one => (one.Key, Objection: EcsTaskContent.SizeObjection(one.Value.Cpu, one.Value.Memory, one.Value.Disk)))
            .Where(one => one.Objection is not null)
            .Select(one => $"RunnerFleet:Classes:{one.Key}: {one.Objection}")
            .ToList();
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    /// <summary>Settings of the launcher that are wrong themselves are said once, by their own rules.</summary>
    private static IDictionary<string, string>? ProvidersOf(IOptions<EcsLauncherOptions> launcher)
    {
        try
        {
            return launcher.Value.ClassCapacityProviders;
        }
        catch (OptionsValidationException)
        {
            return null;
        }
    }
}
