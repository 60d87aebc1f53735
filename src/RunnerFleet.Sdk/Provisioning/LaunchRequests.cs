using System.Globalization;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Labels;
using RunnerFleet.Runners;

namespace RunnerFleet.Provisioning;

/// <summary>Makes the plan of an attempt, and of a stored plan always the same request.</summary>
internal sealed class LaunchRequests(ClaimSecrets secrets, IComputeLauncher launcher, IOptionsMonitor<RunnerFleetOptions> options)
{
    public LaunchPlan Plan(Runner runner, RunnerClass runnerClass, string? image, Uri controlPlaneUrl) => new()
    {
        Attempt = runner.Attempt + 1,
        ClassName = runnerClass.Name,
        Cpu = runnerClass.Cpu,
        MemoryMiB = runnerClass.MemoryMiB,
        DiskGiB = runner.Spec.DiskGiB ?? runnerClass.DiskGiB,
        Architecture = runner.Spec.Architecture ?? runnerClass.Architecture,
        Capacity = CapacityOf(runner, runnerClass),
        Image = image,
        ControlPlaneUrl = controlPlaneUrl,
        ClaimKeyId = secrets.CurrentKeyId,
    };

    /// <summary>Spot where it was asked for, is offered, and was not in vain before.</summary>
    private CapacityKind CapacityOf(Runner runner, RunnerClass runnerClass)
    {
        var wanted = runner.Spec.Capacity ?? (launcher.Capabilities.Spot ? runnerClass.Capacity : null) ?? CapacityKind.OnDemand;
        return wanted == CapacityKind.Spot && runner.SpotFailed && options.CurrentValue.Policy.SpotFallback ? CapacityKind.OnDemand : wanted;
    }

    public ComputeIdentity Identity(Runner runner) => new()
    {
        Fleet = options.CurrentValue.Name,
        RunnerId = runner.Id,
        Attempt = runner.Attempt,
        Compute = runner.Compute,
        LaunchCallEnds = runner.LaunchCallEnds,
    };

    public LaunchRequest Request(Runner runner)
    {
        var plan = runner.Plan ?? throw new InvalidOperationException($"Runner {runner.Id} has no launch plan.");
        return new LaunchRequest
        {
            Identity = Identity(runner) with { Compute = null, LaunchCallEnds = null },
            Plan = plan,
            Environment = new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                [RunnerEnvironment.ControlPlaneUrl] = plan.ControlPlaneUrl.AbsoluteUri.TrimEnd('/'),
                [RunnerEnvironment.RunnerId] = runner.Id,
                [RunnerEnvironment.Attempt] = plan.Attempt.ToString(CultureInfo.InvariantCulture),
                [RunnerEnvironment.ClaimSecret] = secrets.ClaimSecret(runner.Id, plan.Attempt, plan.ClaimKeyId),
            },
            // Only what cannot change between two sends of one attempt: the job may.
            Tags = new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["repository"] = runner.Repository.FullName,
                ["class"] = plan.ClassName,
            },
        };
    }

    public RunnerClass? ClassOf(Runner runner, IReadOnlyDictionary<string, RunnerClass> classes) => runner.Spec.ClassName is { } name
        ? classes.GetValueOrDefault(name)
        : OptionsClassCatalog.DefaultOf(classes, options.CurrentValue.Labels.DefaultClass);
}
