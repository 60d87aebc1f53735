using Microsoft.Extensions.Options;

namespace RunnerFleet.Local.Processes;

/// <summary>Settings of the process launcher. They are checked when the host starts.</summary>
public sealed class ProcessLauncherOptions
{
    /// <summary>
    /// The folder in which the launcher keeps a folder per runner. It must be on a local disk and stay where it is: what it holds is how a host that
    /// comes after a crash finds its runners. Deleting it ends them.
    /// </summary>
    public string Directory { get; set; } = "";

    /// <summary>An unpacked GitHub Actions runner (<c>actions/runner</c>). Each runner gets a copy of its own, which is deleted at its end. Either this or <see cref="Command"/>.</summary>
    public string? RunnerFolder { get; set; }

    /// <summary>
    /// A program and its arguments to run instead of <see cref="RunnerFolder"/>. It finds its registration in the environment only:
    /// <c>ACTIONS_RUNNER_INPUT_JITCONFIG</c> and <c>RUNNERFLEET_RUNNER_NAME</c>.
    /// </summary>
    public IList<string> Command { get; init; } = [];

    /// <summary>
    /// The program, and its first arguments, that becomes the supervisor of a runner; <c>runnerfleet-supervise</c> and a folder are added.
    /// Empty: this very program, which then begins with the line that <see cref="RunnerSupervisor"/> shows.
    /// </summary>
    public IList<string> Supervisor { get; init; } = [];

    /// <summary>
    /// Names of environment variables that runners inherit from this host, besides the few that any program needs (<c>PATH</c>, <c>HOME</c>, <c>TMPDIR</c> …).
    /// Everything else is kept from them, for jobs run code that is not yours.
    /// </summary>
    public IList<string> PassEnvironment { get; init; } = [];

    /// <summary>How long a runner that was told to stop may take before its whole process tree is killed. The GitHub runner gives itself up to 30 seconds.</summary>
    public int StopGraceSeconds { get; set; } = 30;

    /// <summary>How long a supervisor may take to start before the launch is given up.</summary>
    public int StartTimeoutSeconds { get; set; } = 60;
}

internal sealed class ProcessLauncherRules : IValidateOptions<ProcessLauncherOptions>
{
    public ValidateOptionsResult Validate(string? name, ProcessLauncherOptions options)
    {
        var errors = new ValidateOptionsResultBuilder();
        if (string.IsNullOrWhiteSpace(options.Directory))
        {
            errors.AddError("The process launcher needs Directory: a folder in which it keeps a folder per runner.");
        }

        var hasFolder = !string.IsNullOrWhiteSpace(options.RunnerFolder);
        if (hasFolder == options.Command.Count > 0)
        {
            errors.AddError(hasFolder
                ? "The process launcher has both RunnerFolder and Command. Set one of them: a runner to copy, or a program to run."
                : "The process launcher has neither RunnerFolder nor Command. Set one of them: the folder of an unpacked GitHub Actions runner, or a program to run.");
        }
        else if (hasFolder && !File.Exists(RunnerCopy.ListenerOf(options.RunnerFolder!)))
        {
            errors.AddError($"The process launcher's RunnerFolder ({options.RunnerFolder}) does not hold an unpacked GitHub Actions runner: {RunnerCopy.ListenerOf(options.RunnerFolder!)} is missing.");
        }

        else if (hasFolder && IsWithin(options.Directory, options.RunnerFolder!))
        {
            errors.AddError($"The process launcher's Directory ({options.Directory}) lies in its RunnerFolder ({options.RunnerFolder}), so each copy of the runner would hold the others. Move it elsewhere.");
        }

        if (options.Supervisor.Count == 0 && !RunnerSupervisor.IsEntryPointAble)
        {
            errors.AddError("The process launcher cannot start supervisors with this program. Let Program.cs begin with the line "
                + "'if (RunnerSupervisor.IsRequested(args)) return await RunnerSupervisor.RunAsync(args);', or set Supervisor to a program that does.");
        }

        foreach (var secret in options.PassEnvironment.Where(variable => variable.StartsWith("RunnerFleet", StringComparison.OrdinalIgnoreCase)))
        {
            errors.AddError($"The process launcher's PassEnvironment names {secret}. Variables that begin with RunnerFleet hold this host's own settings and are never passed to runners.");
        }

        if (options.StopGraceSeconds is < 0 or > 3600)
        {
            errors.AddError($"The process launcher's StopGraceSeconds ({options.StopGraceSeconds}) must be 0 to 3600.");
        }

        if (options.StartTimeoutSeconds is < 1 or > 3600)
        {
            errors.AddError($"The process launcher's StartTimeoutSeconds ({options.StartTimeoutSeconds}) must be 1 to 3600.");
        }

        return errors.Build();
    }

    private static bool IsWithin(string directory, string folder) =>
        !string.IsNullOrWhiteSpace(directory)
        && Path.GetRelativePath(folder, directory) is var relative
        && !Path.IsPathRooted(relative) && relative != ".." && !relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
