using Microsoft.Extensions.Options;
using RunnerFleet.Compute;

namespace RunnerFleet.Aws.Ecs;

/// <summary>Checks the classes of <c>RunnerFleet:Classes</c> against what Fargate runs: a size that it refuses would else be found by the first job.</summary>
internal sealed class FargateClassRules(IOptions<EcsLauncherOptions> launcher) : IValidateOptions<RunnerFleetOptions>
{
    public ValidateOptionsResult Validate(string? name, RunnerFleetOptions options)
    {
        EcsLauncherOptions settings;
        try
        {
            settings = launcher.Value;
        }
        catch (OptionsValidationException)
        {
            return ValidateOptionsResult.Skip; // the host does not start anyway, and its own rules say why
        }

        var failures = options.Classes
            .Where(one => one.Value is not null && !settings.ClassCapacityProviders.ContainsKey(one.Key))
            .Select(one => (Name: one.Key, Objection: EcsTaskContent.SizeObjection(one.Value.Cpu, one.Value.Memory, one.Value.Disk)))
            .Where(one => one.Objection is not null)
            .Select(one => $"RunnerFleet:Classes:{one.Name}: {one.Objection}")
            .ToList();
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
