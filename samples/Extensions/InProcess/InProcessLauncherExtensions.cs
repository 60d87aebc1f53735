using Extensions.InProcess;
using RunnerFleet;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses the in-process launcher.</summary>
public static class InProcessLauncherExtensions
{
    /// <summary>Runs each runner as a task of this process, which does what <paramref name="program"/> does.</summary>
    public static IRunnerFleetBuilder UseInProcessLauncher(this IRunnerFleetBuilder builder, Func<IServiceProvider, RunnerProgram> program)
    {
        builder.Services.AddSingleton<InProcessRunners>();
        builder.Services.AddSingleton(program);
        return builder.UseLauncher<InProcessLauncher>();
    }
}
