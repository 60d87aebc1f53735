namespace RunnerFleet.Local.Processes;

/// <summary>With what a supervisor's own process ends. How its runner ended is in <c>exit.json</c>.</summary>
internal static class SupervisorExitCodes
{
    /// <summary>The runner ran and ended, with whatever code.</summary>
    public const int Done = 0;

    /// <summary>The arguments or the hand-over were not right. Nothing was started.</summary>
    public const int BadCall = 64;

    /// <summary>The compute has another supervisor, or had one, or is to be stopped. Nothing was started.</summary>
    public const int NotNeeded = 65;

    /// <summary>It was told to stop before the runner started.</summary>
    public const int StoppedEarly = 66;

    /// <summary>The control plane refuses the claim (401, 410).</summary>
    public const int ClaimRefused = 67;

    /// <summary>The control plane gave no registration in time.</summary>
    public const int ClaimTimedOut = 68;

    /// <summary>The runner's program could not be started.</summary>
    public const int RunnerNotStarted = 69;

    /// <summary>The supervisor itself failed.</summary>
    public const int Fault = 70;
}
