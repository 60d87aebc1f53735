namespace RunnerFleet.Runners;

/// <summary>Makes the next value of a runner. Nothing here writes: the version is set where the change is committed.</summary>
internal static class RunnerChanges
{
    // A DynamoDB item holds 400 KB; a runner that is put off every minute for its whole TTL stays far below with this.
    private const int HistoryLines = 200;

    public static Runner Move(this Runner runner, RunnerState to, Reason cause, DateTimeOffset now)
    {
        if (!RunnerTransitions.CanMove(runner.State, to))
        {
            throw new InvalidOperationException($"Runner {runner.Id} cannot move from {runner.State} to {to} ({cause.Code}).");
        }

        return runner with { State = to, StateSince = now, History = runner.History.Append(runner.State, to, cause, now) };
    }

    public static Runner Note(this Runner runner, Reason cause, DateTimeOffset now) =>
        runner with { History = runner.History.Append(runner.State, runner.State, cause, now) };

    public static Runner Close(this Runner runner, Reason cause, DateTimeOffset now, bool force = false, bool fault = false) =>
        runner.Note(cause, now) with
        {
            Closing = new Closing { Cause = cause, At = now, Force = force, Fault = fault },
            IdleSince = null,
            Deadline = now,
        };

    /// <summary>The final state. Places are not emptied here: the commit that frees them does it, so that the two cannot part.</summary>
    public static Runner End(this Runner runner, bool fault, Reason cause, DateTimeOffset now, TimeSpan keep)
    {
        // GitHub itself removes an ephemeral runner whose job completed (self-hosted runners, ephemeral); asking would cost two calls a job. Should one stay, the sweep's listing shows it.
        var registered = runner.Registration is { IsGone: false } && cause.Code != ReasonCodes.JobCompleted;
        return runner.Move(fault ? RunnerState.Failed : RunnerState.Offline, cause, now) with
        {
            Reason = cause,
            ComputeGone = true,
            NotBefore = null,
            Deadline = registered ? now : null, // what is left to do: remove the registration
            ExpiresAt = now + keep,
        };
    }

    private static IReadOnlyList<RunnerMove> Append(this IReadOnlyList<RunnerMove> history, RunnerState? from, RunnerState to, Reason cause, DateTimeOffset now)
    {
        var move = new RunnerMove { At = now, From = from, To = to, Cause = cause };
        return history.Count < HistoryLines ? [.. history, move] : [history[0], .. history.Skip(2), move];
    }
}
