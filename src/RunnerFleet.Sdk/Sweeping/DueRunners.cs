using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Sweeping;

/// <summary>What to do with a runner whose deadline has passed, state by state. Each step either moves it on or sets its next deadline.</summary>
internal sealed class DueRunners(
    IRunnerStore store,
    FleetWriter writer,
    Looks looks,
    Closer closer,
    RegistrationRemoval removal,
    Launching launching,
    RunnerImages images,
    Endings endings,
    Demand demand,
    Breakers breakers,
    HintSender hints,
    IRunnerClassCatalog classes,
    LaunchRequests requests,
    IOptionsMonitor<RunnerFleetOptions> options,
    TimeProvider clock)
{
    private TimingOptions Timing => options.CurrentValue.Timing;

    public Task StepAsync(Runner runner, CancellationToken cancellationToken) => runner switch
    {
        { IsTerminal: true } => RemoveRegistrationAsync(runner, cancellationToken),
        { Closing: not null } => ClosingAsync(runner, cancellationToken),
        { State: RunnerState.Pending } => PendingAsync(runner, cancellationToken),
        { State: RunnerState.ImageCreating } => images.CheckBuildAsync(runner, cancellationToken),
        { State: RunnerState.Starting } => StartingAsync(runner, cancellationToken),
        { State: RunnerState.WaitingForJob } => WaitingAsync(runner, cancellationToken),
        _ => RunningAsync(runner, cancellationToken),
    };

    /// <summary>Its compute is known to have ended: by an event, by a listing, by a look.</summary>
    public async Task ComputeEndedAsync(Runner runner, ComputeEnd? end, CancellationToken cancellationToken)
    {
        if (runner.Closing is { } closing)
        {
            await endings.EndAsync(runner, closing.Fault, closing.Cause, end, cancellationToken).ConfigureAwait(false);
            return;
        }

        var how = $"{(end?.ExitCode is { } code ? FormattableString.Invariant($" with exit code {code}") : "")}{(string.IsNullOrEmpty(end?.Reason) ? "" : $" ({end.Reason})")}";
        var cleanly = end is null or { ExitCode: null or 0, Interrupted: false };
        var cause = runner.State == RunnerState.Running
            ? Reason.Of(ReasonCodes.ComputeStopped, $"Its compute ended{how} after it had begun a job.")
            : Reason.Of(ReasonCodes.ComputeStopped, $"Its compute ended{how} before GitHub said that it began a job.");
        // A short job can be over before the news of its beginning is here: a clean exit of a registered runner is no fault, and GitHub is asked about its job.
        var mayHaveRun = runner.State == RunnerState.Running || (runner.Claims > 0 && end is { ExitCode: 0 });
        if (end is { ImageUnavailable: true } && runner.Plan?.Image is { } image)
        {
            await images.UnavailableAsync(image, cancellationToken).ConfigureAwait(false);
        }

        await endings.EndAsync(runner, fault: !(cleanly && mayHaveRun), cause, end, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A runner that is ending because its job seems over is still bound by its time limit: GitHub's word may stay away for ever.</summary>
    private async Task ClosingAsync(Runner runner, CancellationToken cancellationToken)
    {
        if (runner is { State: RunnerState.Running, Closing.Force: false }
            && await JobTimeLimitAsync(runner, cancellationToken).ConfigureAwait(false) is { } most
            && clock.GetUtcNow() - runner.StateSince >= most)
        {
            await CloseAsync(runner, OverLimit(most), fault: true, cancellationToken, force: true).ConfigureAwait(false);
            return;
        }

        await closer.StepAsync(runner, cancellationToken).ConfigureAwait(false);
    }

    private static Reason OverLimit(TimeSpan most) =>
        Reason.Of(ReasonCodes.JobTimeLimit, $"Its job ran longer than {most.TotalSeconds:0} s. Raise JobTimeLimitSeconds, of the fleet or of the class, if it should.");

    private async Task PendingAsync(Runner runner, CancellationToken cancellationToken)
    {
        if (Expired(runner))
        {
            var waited = runner.Reason is { } r ? $" It waited because: {r.Message}" : "";
            await endings.EndAsync(runner, fault: true, Reason.Of(ReasonCodes.RunnerTtl, $"It was not running within {Timing.RunnerTtlSeconds} s.{waited}"), null, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await AgainAsync(runner, runner.CreatedAt.AddSeconds(Timing.RunnerTtlSeconds), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task StartingAsync(Runner runner, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (now - runner.StateSince < TimeSpan.FromSeconds(Timing.StartingTimeoutSeconds))
        {
            // The listing may be old by now, and what has ended meanwhile must not be launched.
            if (await store.GetRunnerAsync(runner.Id, cancellationToken).ConfigureAwait(false) is { State: RunnerState.Starting, Closing: null } current && current.Attempt == runner.Attempt)
            {
                await launching.ResendAsync(current, cancellationToken).ConfigureAwait(false); // the same request: one compute, however often
            }

            return;
        }

        var found = await looks.ComputeAsync(runner, cancellationToken).ConfigureAwait(false);
        switch (found)
        {
            case FindOutcome.Found { Description: { Status: not ComputeStatus.Stopped } there }:
                await launching.StartedAsync(runner, there.Compute, Reason.Of(ReasonCodes.Adopted, $"Found as {there.Compute}."), cancellationToken).ConfigureAwait(false);
                break;
            case FindOutcome.Found { Description: var stopped }:
                await ComputeEndedAsync(runner, stopped.End, cancellationToken).ConfigureAwait(false);
                break;
            case FindOutcome.ConfirmedAbsent when Expired(runner):
                // Back in PENDING it would be launched at once, before its age is looked at, and so for ever.
                await endings.EndUnlaunchedAsync(runner, Reason.Of(ReasonCodes.RunnerTtl, $"It was not running within {Timing.RunnerTtlSeconds} s: its launches are proven not to have taken effect."), cancellationToken).ConfigureAwait(false);
                break;
            case FindOutcome.ConfirmedAbsent:
                await launching.NotLaunchedAsync(runner, Reason.Of(ReasonCodes.NotLaunched, "The launch is proven not to have taken effect."), TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
                break;
            default:
                if (Expired(runner))
                {
                    await CloseAsync(runner, Reason.Of(ReasonCodes.RunnerTtl, $"Whether it was launched could not be found out within {Timing.RunnerTtlSeconds} s."), fault: true, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    await AgainAsync(runner, now + Backoff.Since(runner.StateSince, now, Timing), cancellationToken).ConfigureAwait(false);
                }

                break;
        }
    }

    private async Task WaitingAsync(Runner runner, CancellationToken cancellationToken)
    {
        if (await EndedAsync(runner, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        var now = clock.GetUtcNow();
        if (Expired(runner))
        {
            await CloseAsync(runner, Reason.Of(ReasonCodes.RunnerTtl, $"It was not given a job within {Timing.RunnerTtlSeconds} s."), fault: false, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (runner.Registration is not { IsGone: false, GitHubId: not null } registration)
        {
            await UnclaimedAsync(runner, now, cancellationToken).ConfigureAwait(false);
            return;
        }

        var (standing, seen) = await removal.LookAsync(runner.Scope, registration, cancellationToken).ConfigureAwait(false);
        switch (standing)
        {
            case RemovalOutcome.Busy:
                var busy = Reason.Of(ReasonCodes.SeenBusy, "GitHub says that it runs a job.");
                await writer.CommitAsync(new FleetCommit().Put(runner, runner.Move(RunnerState.Running, busy, now) with { OnlineAt = runner.OnlineAt ?? now, Deadline = now }), cancellationToken).ConfigureAwait(false);
                break;
            case RemovalOutcome.Gone:
                await CloseAsync(runner, Reason.Of(ReasonCodes.RegistrationGone, "GitHub no longer has its registration: it ran a job, or was removed there."), fault: false, cancellationToken).ConfigureAwait(false);
                break;
            case RemovalOutcome.Idle when !seen!.IsOnline && runner.OnlineAt is null && now - registration.MintedAt > TimeSpan.FromSeconds(Timing.ClaimTimeoutSeconds):
                await CloseAsync(runner, Reason.Of(ReasonCodes.NeverOnline, $"It claimed its registration but did not come online within {Timing.ClaimTimeoutSeconds} s. Its log says why."), fault: true, cancellationToken).ConfigureAwait(false);
                break;
            default:
                var next = now.AddSeconds(standing == RemovalOutcome.Unknown ? Timing.RetrySeconds : Timing.IdleCheckSeconds);
                await writer.CommitAsync(new FleetCommit().Put(runner, runner with { OnlineAt = runner.OnlineAt ?? (seen?.IsOnline == true ? now : null), Deadline = next }), cancellationToken).ConfigureAwait(false);
                await demand.ReconcileAsync(runner.DemandKey, cancellationToken).ConfigureAwait(false);
                break;
        }
    }

    private async Task UnclaimedAsync(Runner runner, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var by = runner.StateSince.AddSeconds(Timing.ClaimTimeoutSeconds);
        if (now < by)
        {
            await AgainAsync(runner, by, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (runner.Reason is { } waited)
        {
            // It did ask: GitHub is what it waited for, not its network.
            await CloseAsync(runner, Reason.Of(waited.Code, $"It could not be registered within {Timing.ClaimTimeoutSeconds} s: {waited.Message}"), fault: true, cancellationToken).ConfigureAwait(false);
            return;
        }

        var cause = Reason.Of(ReasonCodes.NeverClaimed, $"It started but did not claim its registration within {Timing.ClaimTimeoutSeconds} s. Check that it reaches the control plane, and its log.");
        if (await CloseAsync(runner, cause, fault: true, cancellationToken).ConfigureAwait(false))
        {
            await breakers.NeverClaimedAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunningAsync(Runner runner, CancellationToken cancellationToken)
    {
        if (await EndedAsync(runner, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        var now = clock.GetUtcNow();
        var limit = await JobTimeLimitAsync(runner, cancellationToken).ConfigureAwait(false);
        if (limit is { } most && now - runner.StateSince >= most)
        {
            await CloseAsync(runner, OverLimit(most), fault: true, cancellationToken, force: true).ConfigureAwait(false);
            return;
        }

        var next = now.AddSeconds(Timing.JobCheckSeconds);
        if (!await RunsKnownJobAsync(runner, cancellationToken).ConfigureAwait(false) && runner.Registration is { IsGone: false } registration)
        {
            next = now.AddSeconds(Timing.IdleCheckSeconds);
            var (standing, _) = await removal.LookAsync(runner.Scope, registration, cancellationToken).ConfigureAwait(false);
            if (standing == RemovalOutcome.Gone)
            {
                await CloseAsync(runner, Reason.Of(ReasonCodes.JobCompleted, "GitHub no longer has its registration: its job is done."), fault: false, cancellationToken).ConfigureAwait(false);
                return;
            }

            if (standing == RemovalOutcome.Busy && await looks.BindJobOfAsync(runner, cancellationToken).ConfigureAwait(false))
            {
                return;
            }

            if (standing == RemovalOutcome.Busy)
            {
                await AskAboutJobAsync(runner, cancellationToken).ConfigureAwait(false);
            }

            if (standing == RemovalOutcome.Unknown)
            {
                next = now.AddSeconds(Timing.RetrySeconds);
            }
        }

        var overdue = limit is { } l ? runner.StateSince + l : next;
        await AgainAsync(runner, overdue < next ? overdue : next, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>It runs a job, and which one could not be found: the one that counts on it may be waiting in vain, so GitHub is asked about that.</summary>
    private async Task AskAboutJobAsync(Runner runner, CancellationToken cancellationToken)
    {
        if (runner.Job is { } key && await store.GetJobAsync(key, cancellationToken).ConfigureAwait(false) is { State: JobState.Queued } job && job.RunnerId == runner.Id)
        {
            await writer.CommitAsync(new FleetCommit().Put(job, job with { Deadline = clock.GetUtcNow() }), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> RunsKnownJobAsync(Runner runner, CancellationToken cancellationToken) =>
        runner.Job is { } key
        && await store.GetJobAsync(key, cancellationToken).ConfigureAwait(false) is { State: JobState.InProgress } job
        && job.RunnerId == runner.Id;

    private async ValueTask<TimeSpan?> JobTimeLimitAsync(Runner runner, CancellationToken cancellationToken)
    {
        TimeSpan limit;
        try
        {
            var known = await classes.GetClassesAsync(cancellationToken).ConfigureAwait(false);
            limit = requests.ClassOf(runner, known)?.JobTimeLimit ?? TimeSpan.FromSeconds(Timing.JobTimeLimitSeconds);
        }
        catch (ClassesUnavailableException)
        {
            return null; // its class may allow more: nothing is killed on a guess
        }

        return limit > TimeSpan.Zero ? limit : null;
    }

    /// <summary>The final state is reached; only its registration may be left at GitHub.</summary>
    private async Task RemoveRegistrationAsync(Runner runner, CancellationToken cancellationToken)
    {
        if (runner.Registration is not { IsGone: false } registration)
        {
            await writer.CommitAsync(new FleetCommit().Put(runner, runner with { Deadline = null }), cancellationToken).ConfigureAwait(false);
            return;
        }

        var outcome = registration.GitHubId is { } id
            ? await removal.RemoveAsync(runner.Scope, registration.Name, id, cancellationToken).ConfigureAwait(false)
            : await removal.RemoveByNameAsync(runner.Scope, registration, cancellationToken).ConfigureAwait(false);
        var now = clock.GetUtcNow();
        var after = outcome == RemovalOutcome.Gone
            ? runner with { Registration = registration with { IsGone = true }, Deadline = null }
            : runner with { Deadline = now + Backoff.Since(runner.StateSince, now, Timing) }; // GitHub itself forgets it after a day
        await writer.CommitAsync(new FleetCommit().Put(runner, after), cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> EndedAsync(Runner runner, CancellationToken cancellationToken)
    {
        var compute = await looks.ComputeAsync(runner, cancellationToken).ConfigureAwait(false);
        if (!Looks.IsGone(compute))
        {
            return false;
        }

        await ComputeEndedAsync(runner, (compute as FindOutcome.Found)?.Description.End, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <returns>Whether the mark was set; <see langword="false"/> when the runner changed meanwhile.</returns>
    private async Task<bool> CloseAsync(Runner runner, Reason cause, bool fault, CancellationToken cancellationToken, bool force = false)
    {
        var closed = await writer.CommitAsync(new FleetCommit().Put(runner, runner.Close(cause, clock.GetUtcNow(), force, fault)), cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed;
        await hints.DrainAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        return closed;
    }

    private async Task AgainAsync(Runner runner, DateTimeOffset at, CancellationToken cancellationToken) =>
        await writer.CommitAsync(new FleetCommit().Put(runner, runner with { Deadline = at }), cancellationToken).ConfigureAwait(false);

    private bool Expired(Runner runner) => clock.GetUtcNow() - runner.CreatedAt >= TimeSpan.FromSeconds(Timing.RunnerTtlSeconds);
}
