using Microsoft.Extensions.Options;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Provisioning;

/// <summary>A runner's word for itself. The job runs as the same user and can forge it: it may say RUNNING or cause an early look, and nothing more.</summary>
internal sealed class Reports(IRunnerStore store, FleetWriter writer, ClaimSecrets secrets, HintSender hints, IOptionsMonitor<RunnerFleetOptions> options, TimeProvider clock)
{
    private static readonly TimeSpan EarlyLook = TimeSpan.FromSeconds(2); // the process is about to exit, not gone yet

    public async Task<ReportOutcome> ReportAsync(RunnerReport report, CancellationToken cancellationToken)
    {
        if (!RunnerName.IsId(report.RunnerId) || !secrets.IsReportToken(report.Token, report.RunnerId))
        {
            return ReportOutcome.Unauthorized;
        }

        return report.Status == RunnerReportStatus.Started
            ? await NoteAsync(report.RunnerId, Started, cancellationToken).ConfigureAwait(false)
            : await LookAsync(report.RunnerId, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Has a runner looked at soon.</summary>
    public async Task<ReportOutcome> LookAsync(string runnerId, CancellationToken cancellationToken)
    {
        var outcome = await NoteAsync(runnerId, LookEarly, cancellationToken).ConfigureAwait(false);
        if (outcome == ReportOutcome.Accepted)
        {
            await hints.DrainAsync(EarlyLook, cancellationToken).ConfigureAwait(false);
        }

        return outcome;
    }

    private Task<ReportOutcome> NoteAsync(string runnerId, Func<Runner, DateTimeOffset, Runner?> change, CancellationToken cancellationToken) => Retry.OnConflictAsync(async () =>
    {
        var runner = RunnerName.IsId(runnerId) ? await store.GetRunnerAsync(runnerId, cancellationToken).ConfigureAwait(false) : null;
        if (runner is null || runner.IsTerminal)
        {
            return (true, ReportOutcome.Gone);
        }

        return change(runner, clock.GetUtcNow()) is not { } after
            ? (true, ReportOutcome.Accepted)
            : (await writer.CommitAsync(new FleetCommit().Put(runner, after), cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed, ReportOutcome.Accepted);
    });

    private Runner? Started(Runner runner, DateTimeOffset now)
    {
        if (runner.ReportedStarted)
        {
            return null;
        }

        var said = runner with { ReportedStarted = true, OnlineAt = runner.OnlineAt ?? now, IdleSince = null };
        if (runner.Closing is not null || runner.State == RunnerState.Running || !RunnerTransitions.CanMove(runner.State, RunnerState.Running))
        {
            return said;
        }

        // GitHub confirms by in_progress; if that is lost, it is asked.
        return said.Move(RunnerState.Running, Reason.Of(ReasonCodes.ReportedStarted, "The runner reports that a job began."), now) with
        {
            Deadline = now.AddSeconds(options.CurrentValue.Timing.IdleProofSeconds),
        };
    }

    private static Runner? LookEarly(Runner runner, DateTimeOffset now)
    {
        var look = now + EarlyLook;
        return runner.Deadline <= look ? null : runner with { Deadline = look };
    }
}
