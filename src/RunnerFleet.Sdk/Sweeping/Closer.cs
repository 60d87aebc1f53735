using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Sweeping;

/// <summary>
/// Takes a runner with a closing mark one step further: remove at GitHub, then stop, then the final state. An idle runner is removed only after two
/// not-busy readings that lie far enough apart; one that turns out busy is left alone and the mark is withdrawn. Only a time limit or a forced stop skips this.
/// </summary>
internal sealed class Closer(
    FleetWriter writer,
    IComputeLauncher launcher,
    Looks looks,
    RegistrationRemoval removal,
    Endings endings,
    Launching launching,
    FleetState state,
    HintSender hints,
    IOptionsMonitor<RunnerFleetOptions> options,
    TimeProvider clock)
{
    public async Task StepAsync(Runner runner, CancellationToken cancellationToken)
    {
        var closing = runner.Closing!;
        if (runner.State is RunnerState.Pending or RunnerState.ImageCreating)
        {
            await EndAsync(runner, null, cancellationToken).ConfigureAwait(false);
            return;
        }

        var compute = await looks.ComputeAsync(runner, cancellationToken).ConfigureAwait(false);
        if (compute is FindOutcome.ConfirmedAbsent && MayYetBeSent(runner) is { } wait)
        {
            await LaterAsync(runner, runner, cancellationToken, wait).ConfigureAwait(false);
            return;
        }

        if (Looks.IsGone(compute))
        {
            // Nothing runs there, so nothing can be killed; what is left of the registration is removed from the final state.
            await EndAsync(runner, (compute as FindOutcome.Found)?.Description.End, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (compute is FindOutcome.Unknown)
        {
            await LaterAsync(runner, runner, cancellationToken).ConfigureAwait(false);
            return;
        }

        var found = ((FindOutcome.Found)compute).Description;
        if (runner.Compute is null)
        {
            await launching.StartedAsync(runner, found.Compute, Reason.Of(ReasonCodes.Adopted, $"Found as {found.Compute}."), cancellationToken).ConfigureAwait(false);
            return; // it is due at once, with its compute known
        }

        if (!closing.Force && runner.Registration is { IsGone: false } registration)
        {
            if (!await MayStopAsync(runner, registration, cancellationToken).ConfigureAwait(false)
                || await RegistrationGoneAsync(runner, registration, cancellationToken).ConfigureAwait(false) is not { } free)
            {
                return;
            }

            runner = free;
        }

        await StopAsync(runner, found, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Another host may have been about to send the launch when the mark was set: its compute would run without a record and without a place.
    /// Absence proves something once no such call can be under way any more.
    /// </summary>
    private TimeSpan? MayYetBeSent(Runner runner)
    {
        var ends = runner.LaunchCallEnds ?? runner.Closing!.At.AddSeconds(options.CurrentValue.Timing.LaunchTimeoutSeconds);
        var left = ends - clock.GetUtcNow();
        return runner is { State: RunnerState.Starting, Compute: null } && left > TimeSpan.Zero ? left : null;
    }

    /// <summary>Whether the registration is proven gone, so that no job can come any more. If not, what to do next is stored.</summary>
    private async Task<bool> MayStopAsync(Runner runner, Registration registration, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var (standing, seen) = await removal.LookAsync(runner.Scope, registration, cancellationToken).ConfigureAwait(false);
        if (standing == RemovalOutcome.Idle && runner.ReportedStarted && runner.Closing!.Cause.Code != ReasonCodes.JobCompleted)
        {
            // It says that it works, GitHub says that it does not: the flag may lag. Its own time limit ends it, if nothing else does.
            await WithdrawAsync(runner, now, cancellationToken).ConfigureAwait(false);
            return false;
        }

        if (standing == RemovalOutcome.Idle)
        {
            var proof = TimeSpan.FromSeconds(options.CurrentValue.Timing.IdleProofSeconds);
            if (runner.IdleSince is not { } since)
            {
                await LaterAsync(runner, runner with { IdleSince = now }, cancellationToken, proof).ConfigureAwait(false);
                return false;
            }

            if (now - since < proof)
            {
                await LaterAsync(runner, runner, cancellationToken, since + proof - now).ConfigureAwait(false);
                return false;
            }

            standing = await removal.RemoveAsync(runner.Scope, registration.Name, seen!.Id, cancellationToken).ConfigureAwait(false);
        }

        switch (standing)
        {
            case RemovalOutcome.Gone:
                return true;
            case RemovalOutcome.Busy when runner.Closing!.Cause.Code == ReasonCodes.JobCompleted:
                await LaterAsync(runner, runner with { IdleSince = null }, cancellationToken).ConfigureAwait(false); // the flag lags behind the completion
                return false;
            case RemovalOutcome.Busy:
                await WithdrawAsync(runner, now, cancellationToken).ConfigureAwait(false);
                return false;
            default:
                await LaterAsync(runner, runner, cancellationToken).ConfigureAwait(false);
                return false;
        }
    }

    private async Task<Runner?> RegistrationGoneAsync(Runner runner, Registration registration, CancellationToken cancellationToken)
    {
        var commit = new FleetCommit().Put(runner, runner with { Registration = registration with { IsGone = true } });
        return await writer.CommitAsync(commit, cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed ? commit.Stored(runner.Id) : null;
    }

    private async Task WithdrawAsync(Runner runner, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var cause = Reason.Of(ReasonCodes.SeenBusy, $"GitHub gave it a job while it was ending ({runner.Closing!.Cause.Code}); it is left to run it.");
        var running = runner.State == RunnerState.Running ? runner.Note(cause, now) : runner.Move(RunnerState.Running, cause, now);
        await writer.CommitAsync(new FleetCommit().Put(runner, running with
        {
            Closing = null,
            IdleSince = null,
            OnlineAt = runner.OnlineAt ?? now,
            Deadline = now, // which job it is, is looked up
        }), cancellationToken).ConfigureAwait(false);
    }

    private async Task StopAsync(Runner runner, ComputeDescription found, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        StopOutcome outcome;
        try
        {
            var reason = $"{runner.Closing!.Cause.Code}: {runner.Closing.Cause.Message}";
            outcome = await Bounded.CallAsync(t => launcher.StopAsync(found.Compute, reason, t), TimeSpan.FromSeconds(options.CurrentValue.Timing.LaunchTimeoutSeconds), clock, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // an exception from a launcher counts as Unknown (IComputeLauncher)
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            outcome = new StopOutcome.Unknown($"the launcher failed ({e.GetType().Name})");
        }

        if (outcome is StopOutcome.Stopped)
        {
            var after = await looks.ComputeAsync(runner, cancellationToken).ConfigureAwait(false);
            if (Looks.IsGone(after))
            {
                await EndAsync(runner, (after as FindOutcome.Found)?.Description.End, cancellationToken).ConfigureAwait(false);
                return;
            }
        }

        var soon = now - runner.Closing!.At < TimeSpan.FromMinutes(2) ? TimeSpan.FromSeconds(5) : (TimeSpan?)null; // a stop takes its grace time
        await LaterAsync(runner, runner, cancellationToken, soon).ConfigureAwait(false);
    }

    private Task EndAsync(Runner runner, ComputeEnd? end, CancellationToken cancellationToken) =>
        endings.EndAsync(runner, runner.Closing!.Fault, runner.Closing.Cause, end, cancellationToken);

    private async Task LaterAsync(Runner before, Runner after, CancellationToken cancellationToken, TimeSpan? wait = null)
    {
        var now = clock.GetUtcNow();
        if (now - before.Closing!.At > TimeSpan.FromHours(1))
        {
            await state.NoticeAsync(Reason.Of(ReasonCodes.EndingTakesLong, $"The end of runner {before.Id} began at {before.Closing.At:u} ({before.Closing.Cause.Code}) and is not proven yet. Look at GitHub's answers and the launcher's, in its history and the log."), before.Id, cancellationToken).ConfigureAwait(false);
        }

        var distance = wait ?? Backoff.Since(before.Closing.At, now, options.CurrentValue.Timing);
        await writer.CommitAsync(new FleetCommit().Put(before, after with { Deadline = now + distance }), cancellationToken).ConfigureAwait(false);
        await hints.DrainAsync(distance, cancellationToken).ConfigureAwait(false);
    }
}
