namespace RunnerFleet.Cli;

/// <summary>How the tool ends, for scripts. docs/cli.md lists the same; numbers do not move.</summary>
internal enum ExitCode
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>There is no such thing, or nothing was done: it had ended before, or the answer was no.</summary>
    NotFound = 1,

    /// <summary>The command line, or a variable, is missing or wrong.</summary>
    Usage = 2,

    /// <summary>AWS could not be asked, or refused: credentials, permissions, region, a table that is not there, no answer.</summary>
    Aws = 3,

    /// <summary>Refused because the runner runs a job.</summary>
    RunsJob = 4,

    /// <summary>The request is recorded, and the task could not be stopped at once.</summary>
    PartlyDone = 5,

    /// <summary>A mistake in the tool.</summary>
    Bug = 70,

    /// <summary>Interrupted by Ctrl-C.</summary>
    Interrupted = 130,
}
