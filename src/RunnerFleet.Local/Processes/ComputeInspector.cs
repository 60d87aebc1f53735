using RunnerFleet.Runners;

namespace RunnerFleet.Local.Processes;

/// <summary>Where a compute is in its life, as its folder and its processes show.</summary>
internal enum ComputePhase
{
    /// <summary>There is no folder.</summary>
    Absent,

    /// <summary>A launch may be under way; nothing has started yet.</summary>
    Launching,

    /// <summary>Nothing started, and nothing can start any more.</summary>
    NeverStarted,

    /// <summary>The supervisor is about to begin.</summary>
    Starting,

    /// <summary>The supervisor lives, or processes that outlived it.</summary>
    Running,

    /// <summary>Like <see cref="Running"/>, and told to stop.</summary>
    Stopping,

    /// <summary>Nobody is left.</summary>
    Stopped,
}

/// <summary>What a look at a compute showed.</summary>
internal sealed record ComputeLook(ComputePhase Phase, DateTimeOffset? StartedAt = null, ComputeEnd? End = null)
{
    public bool IsOver => Phase is ComputePhase.Absent or ComputePhase.NeverStarted or ComputePhase.Stopped;
}

/// <summary>
/// Says how computes stand. A look also finishes what is overdue: it kills what did not stop in its grace time, and writes down the end of what
/// died without a word, so that no crash of anyone leaves something half done for ever.
/// </summary>
internal sealed class ComputeInspector(ProcessLauncherOptions options, TimeProvider clock)
{
    /// <summary>What a supervisor may take, beyond the grace time, to kill and to clean up.</summary>
    private static readonly TimeSpan SupervisorExtra = TimeSpan.FromSeconds(15);

    public ComputeLook Look(ComputeFolder folder)
    {
        while (true)
        {
            // The order of these reads matters. Whoever supervises takes the lock, minds stop.json, writes started.json, writes exit.json and lets go of the lock.
            var stop = folder.ReadStop();
            var started = folder.ReadStarted();
            if (folder.ReadExit() is { TreeGone: true } exit)
            {
                return Ended(started, exit);
            }

            if (folder.IsSupervised())
            {
                KillWhenOverdue(folder, stop, SupervisorExtra);
                return new ComputeLook(stop is not null ? ComputePhase.Stopping : started is null ? ComputePhase.Starting : ComputePhase.Running, started?.At);
            }

            if (!folder.Exists)
            {
                return new ComputeLook(ComputePhase.Absent);
            }

            if (started is not null)
            {
                return LookForOrphans(folder, started, stop);
            }

            if (folder.HasStarted)
            {
                continue; // it began between the reads
            }

            if (stop is not null)
            {
                return new ComputeLook(ComputePhase.NeverStarted, End: new ComputeEnd { At = stop.At, Reason = stop.Reason });
            }

            if (clock.GetUtcNow() - folder.LaunchedAt() < TimeSpan.FromSeconds(options.StartTimeoutSeconds))
            {
                return new ComputeLook(ComputePhase.Launching);
            }

            folder.WriteStop(new StopRecord { At = clock.GetUtcNow(), Reason = $"Its supervisor did not start within {options.StartTimeoutSeconds} s." });
        }
    }

    /// <summary>All processes of a compute that live, its supervisor among them.</summary>
    public static IReadOnlyList<TreeMember> MembersOf(ComputeFolder folder) =>
        ProcessTree.Find(folder.Identity.Token, [folder.ReadStarted(), folder.ReadRunner()]);

    private ComputeLook LookForOrphans(ComputeFolder folder, ProcessRecord started, StopRecord? stop)
    {
        if (MembersOf(folder) is { Count: > 0 } members)
        {
            if (stop is not null && members.All(member => member.Pid != folder.ReadRunner()?.Pid))
            {
                ProcessTree.Kill(members); // the runner minded the stop; what it left behind is given no time, as under a supervisor
            }

            KillWhenOverdue(folder, stop, TimeSpan.Zero);
            return new ComputeLook(stop is null ? ComputePhase.Running : ComputePhase.Stopping, started.At);
        }

        var end = folder.ReadExit() ?? new ExitRecord
        {
            At = clock.GetUtcNow(),
            Reason = stop is null ? "Its supervisor died, and its processes are gone." : $"Stopped: {stop.Reason}",
            TreeGone = true,
        };
        folder.WriteExit(end with { TreeGone = true });
        folder.DeleteRunnerCopy();
        return Ended(started, end);
    }

    private void KillWhenOverdue(ComputeFolder folder, StopRecord? stop, TimeSpan extra)
    {
        if (stop is not null && clock.GetUtcNow() - stop.At >= TimeSpan.FromSeconds(options.StopGraceSeconds) + extra)
        {
            ProcessTree.Kill(MembersOf(folder));
        }
    }

    private static ComputeLook Ended(ProcessRecord? started, ExitRecord exit) =>
        new(ComputePhase.Stopped, started?.At, new ComputeEnd { StartedAt = started?.At, At = exit.At, ExitCode = exit.ExitCode, Reason = exit.Reason });
}
