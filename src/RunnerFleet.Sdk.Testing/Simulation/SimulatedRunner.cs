using RunnerFleet.Compute;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;

namespace RunnerFleet.Testing.Simulation;

/// <summary>What runs on started compute: boots, claims, connects, runs one job, exits; or does not.</summary>
internal sealed class SimulatedRunner
{
    private static readonly TimeSpan ClaimFor = TimeSpan.FromMinutes(10);

    private readonly World _world;
    private readonly Machine _machine;
    private readonly TimeSpan _boot;
    private readonly bool _neverClaims;
    private readonly bool _neverConnects;
    private readonly bool _claimsTwice;
    private readonly bool _forges;
    private readonly bool _staysAfterwards;
    private TaskCompletionSource? _work;
    private string? _reportToken;
    private SimulatedRegistration? _registration;

    public SimulatedRunner(World world, Machine machine)
    {
        (_world, _machine) = (world, machine);
        var chance = world.Chance;
        _boot = TimeSpan.FromSeconds(5) + chance.Time(TimeSpan.FromSeconds(60));
        _neverClaims = chance.Fault(40);
        _neverConnects = chance.Fault(40);
        _claimsTwice = chance.Fault(80);
        _forges = chance.Fault(80);
        _staysAfterwards = chance.Fault(60);
        IsDeaf = chance.Fault(20);
        foreach (var (happens, kind) in new[] { (_neverClaims, "runner never claims"), (_neverConnects, "runner never connects"), (_claimsTwice, "runner claims twice"), (_forges, "runner forges reports"), (_staysAfterwards, "runner stays when done"), (IsDeaf, "runner is never given a job") })
        {
            if (happens)
            {
                world.Trouble(kind);
            }
        }

        if (chance.Fault(60))
        {
            world.Trouble("compute taken back");
            world.Time.After(chance.Time(TimeSpan.FromMinutes(20)), () => world.Compute.End(machine, new ComputeEnd { Reason = "taken back by its provider", Interrupted = true }));
        }

        _ = LiveAsync();
    }

    /// <summary>Whether it reports what is not true.</summary>
    public bool Forges => _forges;

    /// <summary>Its compute has ended.</summary>
    public bool IsGone { get; private set; }

    /// <summary>The job it runs, if any.</summary>
    public SimulatedJob? Job => _registration?.Job;

    /// <summary>Online, and never given a job.</summary>
    public bool IsDeaf { get; }

    /// <summary>The job it runs was cancelled.</summary>
    public void Cancel() => _world.Time.After(_world.Chance.Time(TimeSpan.FromSeconds(30)), () => _work?.TrySetResult());

    public void Vanish()
    {
        IsGone = true;
        if (_registration is { } registration)
        {
            _world.GitHub.Disconnected(registration);
        }
    }

    /// <summary>GitHub gave it a job.</summary>
    public void Begin(SimulatedJob job) => _ = WorkAsync(job);

    /// <summary>GitHub no longer knows it.</summary>
    public void Forgotten() => Exit(0);

    private async Task LiveAsync()
    {
        await _world.Time.WaitAsync(_boot).ConfigureAwait(false);
        if (IsGone)
        {
            return;
        }

        _world.Compute.Started(_machine);
        if (_neverClaims)
        {
            return;
        }

        var claimed = await ClaimAsync().ConfigureAwait(false);
        if (_claimsTwice && claimed is not null && !IsGone)
        {
            claimed = await ClaimAsync().ConfigureAwait(false) ?? claimed;
        }

        if (IsGone || claimed is null || _neverConnects)
        {
            return;
        }

        _reportToken = claimed.ReportToken;
        _registration = _world.GitHub.Connect(claimed.EncodedJitConfig, this);
        if (_registration is null)
        {
            Exit(1);
        }
        else if (_forges)
        {
            Report((RunnerReportStatus)_world.Chance.Pick(3));
        }
    }

    private async Task<ClaimOutcome.Registered?> ClaimAsync()
    {
        var request = new ClaimRequest
        {
            RunnerId = _machine.Request.Identity.RunnerId,
            Attempt = _machine.Request.Identity.Attempt,
            Secret = _machine.Request.Environment[RunnerEnvironment.ClaimSecret],
        };
        var until = _world.Time.Now + ClaimFor;
        while (!IsGone && _world.Time.Now < until)
        {
            switch (await _world.AskSomeHostAsync("claim " + request.RunnerId, h => h.Fleet.ClaimAsync(request, CancellationToken.None), TimeSpan.FromSeconds(60)).ConfigureAwait(false))
            {
                case ClaimOutcome.Registered registered:
                    return registered;
                case ClaimOutcome.Gone or ClaimOutcome.Unauthorized:
                    Exit(67);
                    return null;
                case ClaimOutcome.Busy busy:
                    await _world.Time.WaitAsync(busy.RetryAfter).ConfigureAwait(false);
                    break;
                default:
                    await _world.Time.WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(false);
                    break;
            }
        }

        Exit(75);
        return null;
    }

    private async Task WorkAsync(SimulatedJob job)
    {
        Report(RunnerReportStatus.Started);
        if (_forges)
        {
            Report(RunnerReportStatus.Completed);
            Report(RunnerReportStatus.Exiting);
        }

        var work = _work = new TaskCompletionSource();
        _world.Time.After(job.Duration, () => work.TrySetResult());
        await work.Task.ConfigureAwait(false);
        if (IsGone)
        {
            return; // GitHub notices the silence
        }

        Report(RunnerReportStatus.Completed);
        _world.GitHub.Complete(job, job.IsCancelled ? "cancelled" : "success");
        if (!_staysAfterwards)
        {
            await _world.Time.WaitAsync(TimeSpan.FromSeconds(2)).ConfigureAwait(false);
            Report(RunnerReportStatus.Exiting);
            Exit(0);
        }
    }

    private void Report(RunnerReportStatus status)
    {
        if (_reportToken is { } token && !_world.Chance.Fault(200))
        {
            _world.OnSomeHost($"report {status} of {_machine.Request.Identity.RunnerId}", h => h.Fleet.ReportAsync(new RunnerReport { RunnerId = _machine.Request.Identity.RunnerId, Token = token, Status = status }, CancellationToken.None));
        }
    }

    private void Exit(int code)
    {
        if (!IsGone)
        {
            _world.Compute.End(_machine, new ComputeEnd { ExitCode = code });
        }
    }
}
