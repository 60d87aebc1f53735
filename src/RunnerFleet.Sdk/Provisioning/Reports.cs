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

        var outcome = await Retry.OnConflictAsync(async () =>
        {
            var runner = await store.GetRunnerAsync(report.RunnerId, cancellationToken).ConfigureAwait(false);
            if (runner is null || runner.IsTerminal)
            {
                return (true, ReportOutcome.Gone);
            }

            var now = clock.GetUtcNow();
            var after = report.Status == RunnerReportStatus.Started ? Started(runner, now) : LookEarly(runner, now);
            return after is null
                ? (true, ReportOutcome.Accepted)
                : (await writer.CommitAsync(new FleetCommit().Put(runner, after), cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed, ReportOutcome.Accepted);
        }).ConfigureAwait(false);

        if (outcome == ReportOutcome.Accepted && report.Status != RunnerReportStatus.Started)
        {
            await hints.DrainAsync(EarlyLook, cancellationToken).ConfigureAwait(false);
        }

        return outcome;
    }

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
