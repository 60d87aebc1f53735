using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.GitHub;
using RunnerFleet.GitHub.Rest;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Provisioning;

/// <summary>
/// Hands out registrations just in time: claim number by compare-and-set, mint under that name, store the registration's id, answer. A runner may
/// claim again until it is running or seen online, a few times; the registration before is removed first. No GitHub credential rests anywhere.
/// </summary>
internal sealed class Claims(
    IRunnerStore store,
    FleetWriter writer,
    ClaimSecrets secrets,
    IRunnerRegistrar registrar,
    RegistrationPacer pacer,
    Breakers breakers,
    FleetState state,
    IOptionsMonitor<RunnerFleetOptions> options,
    TimeProvider clock,
    ILogger<Claims> logger)
{
    public async Task<ClaimOutcome> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        if (!RunnerName.IsId(request.RunnerId) || !secrets.IsClaimSecret(request.Secret, request.RunnerId, request.Attempt))
        {
            logger.ClaimRefused(RunnerName.IsId(request.RunnerId) ? request.RunnerId : "(no runner id)", "the claim secret is wrong");
            return ClaimOutcome.Unauthorized.Instance;
        }

        var runner = await store.GetRunnerAsync(request.RunnerId, cancellationToken).ConfigureAwait(false);
        if (NotEntitled(runner, request.Attempt) is { } gone)
        {
            logger.ClaimRefused(request.RunnerId, gone.Message);
            return new ClaimOutcome.Gone(gone);
        }

        if (!pacer.TryTake(out var wait))
        {
            await NoteWaitAsync(runner!, "This host registers no faster than RunnerFleet:GitHub:RegistrationsPerSecond.", cancellationToken).ConfigureAwait(false);
            return new ClaimOutcome.Busy("Registrations are paced; ask again.", wait);
        }

        var removed = await RemoveFormerAsync(runner!, cancellationToken).ConfigureAwait(false);
        if (removed.Answer is { } answer)
        {
            return answer;
        }

        return await MintAsync(runner!, removed.NameIsFree, cancellationToken).ConfigureAwait(false);
    }

    private static Reason? NotEntitled(Runner? runner, int attempt) => runner switch
    {
        null => Reason.Of(ReasonCodes.UnknownRunner, "This fleet has no such runner."),
        { IsTerminal: true } => Reason.Of(ReasonCodes.Ended, $"The runner has ended: {runner.Reason?.Message}"),
        { Closing: { } closing } => Reason.Of(closing.Cause.Code, $"The runner is ending: {closing.Cause.Message}"),
        { State: RunnerState.Pending or RunnerState.ImageCreating } => Reason.Of(ReasonCodes.OldAttempt, "This launch attempt was given up."),
        _ when runner.Attempt != attempt => Reason.Of(ReasonCodes.OldAttempt, $"This is launch attempt {attempt}; the runner is at {runner.Attempt}."),
        { State: RunnerState.Running } or { OnlineAt: not null } => Reason.Of(ReasonCodes.Online, "The runner is online already; its claim secret is dead."),
        _ => null,
    };

    /// <summary>Before another registration, the one before is gone, by proof.</summary>
    private async Task<(ClaimOutcome? Answer, bool NameIsFree)> RemoveFormerAsync(Runner runner, CancellationToken cancellationToken)
    {
        if (runner.Registration is not { IsGone: false } former)
        {
            return (null, false);
        }

        var id = former.GitHubId;
        if (id is null)
        {
            // The answer to its minting was lost: it may be there or not.
            var found = await registrar.FindRunnerAsync(runner.Scope, former.Name, cancellationToken).ConfigureAwait(false);
            if (found.Status != GitHubStatus.Ok)
            {
                return (Later(found.RetryAfter, found.Reason), false);
            }

            if (found.Value is null)
            {
                return (null, true);
            }

            id = found.Value.Id;
        }

        var deleted = await registrar.DeleteRunnerAsync(runner.Scope, id.Value, cancellationToken).ConfigureAwait(false);
        switch (deleted.Status)
        {
            case GitHubStatus.Ok or GitHubStatus.NotFound: // under a new name, so that a 404 needs no proof
                return (null, false);
            case GitHubStatus.Busy:
                var alarm = Reason.Of(ReasonCodes.ClaimedWhileBusy, $"Runner {runner.Id} claims another registration while {former.Name} runs a job. Its claim secret may have leaked.");
                await state.NoticeAsync(alarm, runner.Id, cancellationToken).ConfigureAwait(false);
                return (new ClaimOutcome.Gone(alarm), false);
            default:
                return (Later(deleted.RetryAfter, deleted.Reason), false);
        }
    }

    private async Task<ClaimOutcome> MintAsync(Runner runner, bool nameIsFree, CancellationToken cancellationToken)
    {
        var o = options.CurrentValue;
        var now = clock.GetUtcNow();
        var number = nameIsFree ? runner.Claims : runner.Claims + 1;
        if (number > o.Limits.ClaimsPerRunner)
        {
            var exhausted = Reason.Of(ReasonCodes.ClaimsExhausted, $"The runner claimed {runner.Claims} registrations and used none.");
            await writer.CommitAsync(new FleetCommit().Put(runner, runner.Close(exhausted, now, fault: true)), cancellationToken).ConfigureAwait(false);
            return new ClaimOutcome.Gone(exhausted);
        }

        await state.SawScopeOnceAsync(runner.Scope, cancellationToken).ConfigureAwait(false);
        var name = RunnerName.Format(o.Name, runner.Id, number);
        var marking = new FleetCommit().Put(runner, runner with
        {
            Claims = number,
            Registration = new Registration { Number = number, Name = name, MintedAt = now },
        });
        if (await writer.CommitAsync(marking, cancellationToken).ConfigureAwait(false) is not CommitOutcome.Committed)
        {
            return new ClaimOutcome.Busy("The runner's record changed just now; ask again.", TimeSpan.FromSeconds(1));
        }

        var marked = marking.Stored(runner.Id);
        var minted = await registrar.CreateJitConfigAsync(new JitRequest { Scope = runner.Scope, Name = name, Labels = runner.Labels }, cancellationToken).ConfigureAwait(false);
        switch (minted.Status)
        {
            case GitHubStatus.Ok:
                return await HandOverAsync(marked, minted.Value!, cancellationToken).ConfigureAwait(false);

            case GitHubStatus.Refused or GitHubStatus.NotFound:
                var refused = Reason.Of(ReasonCodes.RegistrationRefused, minted.Reason ?? "GitHub refused the registration.");
                logger.ClaimRefused(runner.Id, refused.Message);
                await breakers.RefusedAsync(runner.Scope, refused.Message, cancellationToken).ConfigureAwait(false);
                await StoreAsync(marked, r => r.Close(refused, clock.GetUtcNow(), fault: true) with { Registration = r.Registration! with { IsGone = true } }, cancellationToken).ConfigureAwait(false);
                return new ClaimOutcome.Gone(refused);

            case GitHubStatus.Throttled: // proven not minted: the number may be used again
                await StoreAsync(marked, r => r with { Claims = number - 1, Registration = null, Reason = Waits(minted.Reason) }, cancellationToken).ConfigureAwait(false);
                await breakers.ThrottledAsync(runner.Scope, minted.Reason ?? "GitHub's rate limit is reached.", minted.RetryAfter ?? TimeSpan.FromMinutes(1), cancellationToken).ConfigureAwait(false);
                return Later(minted.RetryAfter, minted.Reason);

            default: // Conflict: an earlier call whose answer was lost; Unknown: perhaps minted. The next claim finds out by the name.
                await StoreAsync(marked, r => r with { Reason = Waits(minted.Reason) }, cancellationToken).ConfigureAwait(false);
                return Later(minted.RetryAfter, minted.Reason);
        }
    }

    private async Task<ClaimOutcome> HandOverAsync(Runner marked, JitRegistration registration, CancellationToken cancellationToken)
    {
        var name = marked.Registration!.Name;
        var timing = options.CurrentValue.Timing;
        var stored = await StoreAsync(marked, r =>
        {
            var now = clock.GetUtcNow();
            return r.Note(Reason.Of(ReasonCodes.Claimed, $"Claimed registration {name}."), now) with
            {
                Registration = r.Registration! with { GitHubId = registration.RunnerId },
                Reason = null,
                Deadline = r.State == RunnerState.WaitingForJob ? now.AddSeconds(timing.IdleCheckSeconds) : r.Deadline,
            };
        }, cancellationToken).ConfigureAwait(false);
        if (stored is null)
        {
            // It ended, or claimed again, in between: what was just minted belongs to nobody.
            await registrar.DeleteRunnerAsync(marked.Scope, registration.RunnerId, cancellationToken).ConfigureAwait(false);
            return new ClaimOutcome.Busy("The runner's record changed just now; ask again.", TimeSpan.FromSeconds(1));
        }

        await breakers.SucceededAsync(marked.Scope, cancellationToken).ConfigureAwait(false);
        logger.Claimed(marked.Id, name);
        return new ClaimOutcome.Registered
        {
            RunnerName = name,
            EncodedJitConfig = registration.EncodedJitConfig,
            ReportToken = secrets.ReportToken(marked.Id),
        };
    }

    /// <summary>Should it never be registered, the reason is not its network.</summary>
    private async Task NoteWaitAsync(Runner runner, string message, CancellationToken cancellationToken)
    {
        if (runner.Reason is null)
        {
            await writer.CommitAsync(new FleetCommit().Put(runner, runner with { Reason = Waits(message) }), cancellationToken).ConfigureAwait(false);
        }
    }

    private static Reason Waits(string? message) => Reason.Of(ReasonCodes.RegistrationWaits, message ?? "GitHub did not answer.");

    /// <summary>Changes the runner as long as its registration is still the one that was marked and its end has not begun.</summary>
    private Task<Runner?> StoreAsync(Runner marked, Func<Runner, Runner> change, CancellationToken cancellationToken)
    {
        Runner? current = marked;
        return Retry.OnConflictAsync(async () =>
        {
            current ??= await store.GetRunnerAsync(marked.Id, cancellationToken).ConfigureAwait(false);
            if (current is not { IsTerminal: false, Closing: null } || current.Registration?.Name != marked.Registration!.Name || current.Registration.GitHubId is not null)
            {
                return (true, (Runner?)null);
            }

            var commit = new FleetCommit().Put(current, change(current));
            var done = await writer.CommitAsync(commit, cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed;
            current = null;
            return (done, done ? commit.Stored(marked.Id) : null);
        });
    }

    private static ClaimOutcome.Busy Later(TimeSpan? retryAfter, string? reason) =>
        new(reason ?? "GitHub did not answer; ask again.", retryAfter ?? TimeSpan.FromSeconds(10));
}
