using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RunnerFleet;
using RunnerFleet.Compute;
using RunnerFleet.Local.Processes;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The verb of the process launcher.</summary>
public static class ProcessLauncherExtensions
{
    /// <summary>
    /// Runs runners as processes on this machine. The host's Program.cs must begin with the line that <see cref="RunnerSupervisor"/> shows, unless
    /// <see cref="ProcessLauncherOptions.Supervisor"/> names another program.
    /// </summary>
    public static IRunnerFleetBuilder UseProcessLauncher(this IRunnerFleetBuilder builder, Action<ProcessLauncherOptions> configure)
    {
        var services = builder.Services;
        services.AddOptionsWithValidateOnStart<ProcessLauncherOptions>().Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ProcessLauncherOptions>, ProcessLauncherRules>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ProcessLauncher>();
        services.Replace(ServiceDescriptor.Singleton<IComputeLauncher>(provider => provider.GetRequiredService<ProcessLauncher>()));
        services.TryAddSingleton<IComputeEventSource>(provider => provider.GetRequiredService<ProcessLauncher>());
        return builder;
    }
}
