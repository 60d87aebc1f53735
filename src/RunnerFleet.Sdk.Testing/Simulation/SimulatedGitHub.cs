using System.Buffers;
using System.Text.Json;
using RunnerFleet.GitHub;
using RunnerFleet.Provisioning;

namespace RunnerFleet.Testing.Simulation;

/// <summary>A job at the simulated GitHub.</summary>
internal sealed class SimulatedJob
{
    public required long Id { get; init; }

    public required SimulatedRepository Repository { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    public required TimeSpan Duration { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether the fleet should serve it.</summary>
    public required bool IsOurs { get; init; }

    public string Status { get; set; } = "queued";

    public string? Conclusion { get; set; }

    public string? RunnerName { get; set; }

    public SimulatedRegistration? Runner { get; set; }
}

internal sealed record SimulatedRepository(long Id, string Name, bool IsPrivate);

/// <summary>A runner's registration at the simulated GitHub.</summary>
internal sealed class SimulatedRegistration
{
    public required long Id { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    public required string JitConfig { get; init; }

    public SimulatedRunner? Runner { get; set; }

    public SimulatedJob? Job { get; set; }

    /// <summary>Until then GitHub's answers show the busy flag as it was before.</summary>
    public DateTimeOffset BusyShownFrom { get; set; }
}

/// <summary>GitHub: jobs, registrations, who gets which job, and webhooks that come late, twice, out of order or not at all.</summary>
internal sealed class SimulatedGitHub(World world)
{
    public const string Organization = "acme";

    private static readonly TimeSpan NoticesSilenceAfter = TimeSpan.FromMinutes(10);
    private readonly SortedDictionary<long, SimulatedRegistration> _registrations = [];
    private readonly SortedDictionary<long, SimulatedJob> _jobs = [];
    private long _lastId;
    private bool _isAssigning;

    public IReadOnlyCollection<SimulatedRegistration> Registrations => _registrations.Values;

    public IReadOnlyCollection<SimulatedJob> Jobs => _jobs.Values;

    public int Minted { get; private set; }

    /// <summary>Until then every request fails.</summary>
    public DateTimeOffset DownUntil { get; set; }

    /// <summary>Until then the installation seems removed: every answer is 404.</summary>
    public DateTimeOffset ForbiddenUntil { get; set; }

    public SimulatedJob Queue(SimulatedRepository repository, IReadOnlyList<string> labels, TimeSpan duration, bool isOurs, bool waits)
    {
        var job = new SimulatedJob { Id = 1000 + ++_lastId, Repository = repository, Labels = labels, Duration = duration, CreatedAt = world.Time.Now, IsOurs = isOurs, Status = waits ? "waiting" : "queued" };
        _jobs.Add(job.Id, job);
        world.Log.Add($"github job {job.Id} {job.Status} [{string.Join(',', labels)}] {(isOurs ? "" : "not ours")}");
        Announce(job, waits ? "waiting" : "queued");
        AssignSoon();
        return job;
    }

    public void Approve(SimulatedJob job)
    {
        if (job.Status == "waiting")
        {
            job.Status = "queued";
            Announce(job, "queued");
            AssignSoon();
        }
    }

    public void Cancel(SimulatedJob job)
    {
        if (job.Status is "waiting" or "queued")
        {
            Complete(job, "cancelled");
        }
    }

    public void Complete(SimulatedJob job, string conclusion)
    {
        if (job.Status == "completed")
        {
            return;
        }

        (job.Status, job.Conclusion) = ("completed", conclusion);
        world.Log.Add($"github job {job.Id} completed {conclusion}");
        if (job.Runner is { } registration)
        {
            registration.Job = null;
            _registrations.Remove(registration.Id); // ephemeral
        }

        Announce(job, "completed");
        AssignSoon();
    }

    public SimulatedRegistration? Connect(string jitConfig, SimulatedRunner runner)
    {
        var registration = _registrations.Values.FirstOrDefault(r => r.JitConfig == jitConfig);
        if (registration is not null)
        {
            registration.Runner = runner;
            world.Log.Add($"github {registration.Name} online");
            AssignSoon();
        }

        return registration;
    }

    public void Disconnected(SimulatedRegistration registration)
    {
        registration.Runner = null;
        if (registration.Job is { } job)
        {
            world.Time.After(NoticesSilenceAfter, () => Complete(job, "failure"));
        }
    }

    public GitHubAnswer<JitRegistration> Mint(JitRequest request)
    {
        if (Trouble<JitRegistration>(GitHubStatus.Refused) is { } trouble)
        {
            return trouble;
        }

        if (_registrations.Values.Any(r => r.Name == request.Name))
        {
            return GitHubAnswer.Not<JitRegistration>(GitHubStatus.Conflict, "The name is taken.");
        }

        Minted++;
        var id = ++_lastId;
        var registration = new SimulatedRegistration { Id = id, Name = request.Name, Labels = request.Labels, JitConfig = FormattableString.Invariant($"{World.CredentialMark}-{id}") };
        _registrations.Add(id, registration);
        return GitHubAnswer.Ok(new JitRegistration { RunnerId = id, EncodedJitConfig = registration.JitConfig });
    }

    public GitHubAnswer<GitHubRunner?> Find(string name) =>
        Trouble<GitHubRunner?>(GitHubStatus.Refused) ?? GitHubAnswer.Ok(_registrations.Values.Where(r => r.Name == name).Select(Shown).FirstOrDefault());

    public GitHubAnswer<GitHubRunner> Get(long id) =>
        Trouble<GitHubRunner>(GitHubStatus.NotFound) ?? (_registrations.TryGetValue(id, out var registration) ? GitHubAnswer.Ok(Shown(registration)!) : GitHubAnswer.Not<GitHubRunner>(GitHubStatus.NotFound, "Not found."));

    public GitHubAnswer<IReadOnlyList<GitHubRunner>> List(string prefix) =>
        Trouble<IReadOnlyList<GitHubRunner>>(GitHubStatus.Refused) ?? GitHubAnswer.Ok<IReadOnlyList<GitHubRunner>>([.. _registrations.Values.Where(r => r.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(r => Shown(r)!)]);

    public GitHubAnswer<bool> Delete(long id)
    {
        if (Trouble<bool>(GitHubStatus.NotFound) is { } trouble)
        {
            return trouble;
        }

        if (!_registrations.TryGetValue(id, out var registration))
        {
            return GitHubAnswer.Not<bool>(GitHubStatus.NotFound, "Not found.");
        }

        if (registration.Job is not null)
        {
            return GitHubAnswer.Not<bool>(GitHubStatus.Busy, "The runner runs a job.");
        }

        _registrations.Remove(id);
        var runner = registration.Runner;
        registration.Runner = null;
        if (runner is not null)
        {
            world.Time.After(TimeSpan.FromSeconds(1) + world.Chance.Time(TimeSpan.FromSeconds(20)), runner.Forgotten);
        }

        return GitHubAnswer.Ok(true);
    }

    public GitHubAnswer<GitHubJob> GetJob(long id) =>
        Trouble<GitHubJob>(GitHubStatus.NotFound) ?? (_jobs.TryGetValue(id, out var job) ? GitHubAnswer.Ok(Shown(job)) : GitHubAnswer.Not<GitHubJob>(GitHubStatus.NotFound, "Not found."));

    public GitHubAnswer<IReadOnlyList<GitHubJob>> Active(string repository) =>
        Trouble<IReadOnlyList<GitHubJob>>(GitHubStatus.Refused) ?? GitHubAnswer.Ok<IReadOnlyList<GitHubJob>>([.. _jobs.Values.Where(j => j.Repository.Name == repository && j.Status != "completed").Select(Shown)]);

    /// <param name="forbidden">As what the real registrar reads a 404 of this request.</param>
    private GitHubAnswer<T>? Trouble<T>(GitHubStatus forbidden)
    {
        if (world.Time.Now < DownUntil)
        {
            return GitHubAnswer.Not<T>(GitHubStatus.Unknown, "GitHub answers 502.");
        }

        if (world.Time.Now < ForbiddenUntil)
        {
            return GitHubAnswer.Not<T>(forbidden, "GitHub answers 404.");
        }

        return world.Chance.Fault(20) ? GitHubAnswer.Not<T>(GitHubStatus.Throttled, "A secondary rate limit.", TimeSpan.FromSeconds(30)) : null;
    }

    private GitHubRunner? Shown(SimulatedRegistration registration) => new()
    {
        Id = registration.Id,
        Name = registration.Name,
        IsOnline = registration.Runner is not null,
        IsBusy = registration.Job is not null && world.Time.Now >= registration.BusyShownFrom,
    };

    private static GitHubJob Shown(SimulatedJob job) => new()
    {
        Id = job.Id,
        RunId = job.Id * 10,
        RunAttempt = 1,
        Name = "build",
        Status = job.Status,
        Conclusion = job.Conclusion,
        Labels = job.Labels,
        RunnerName = job.RunnerName,
        CreatedAt = job.CreatedAt,
    };

    private void AssignSoon()
    {
        if (!_isAssigning)
        {
            _isAssigning = true;
            world.Time.After(TimeSpan.FromMilliseconds(500) + world.Chance.Time(TimeSpan.FromSeconds(3)), Assign);
        }
    }

    /// <summary>Any queued job goes to any idle runner whose labels cover it, whoever that runner was launched for.</summary>
    private void Assign()
    {
        _isAssigning = false;
        while (true)
        {
            var pairs = (from job in _jobs.Values
                         where job.Status == "queued"
                         from registration in _registrations.Values
                         where registration is { Job: null, Runner.IsGone: false } && job.Labels.All(l => registration.Labels.Contains(l, StringComparer.OrdinalIgnoreCase))
                         select (job, registration)).ToList();
            if (pairs.Count == 0)
            {
                return;
            }

            var (given, taker) = pairs[world.Chance.Pick(pairs.Count)];
            (given.Status, given.RunnerName, given.Runner) = ("in_progress", taker.Name, taker);
            taker.Job = given;
            taker.BusyShownFrom = world.Time.Now + world.Chance.Time(TimeSpan.FromSeconds(50));
            world.Log.Add($"github job {given.Id} given to {taker.Name}");
            world.Promises.Given(given);
            Announce(given, "in_progress");
            taker.Runner!.Begin(given);
        }
    }

    private void Announce(SimulatedJob job, string action)
    {
        var (body, signature) = Sign(job, action);
        var copies = world.Chance.Fault(150) ? 2 : 1;
        for (var copy = 0; copy < copies; copy++)
        {
            var late = world.Chance.Fault(100) ? world.Chance.Time(TimeSpan.FromMinutes(10)) : world.Chance.Time(TimeSpan.FromSeconds(5));
            if (world.Chance.Fault(80))
            {
                world.Log.Add($"webhook {action} of {job.Id} lost");
                RedeliverLater(job, action, body, signature);
            }
            else
            {
                world.Time.After(late, () => _ = DeliverAsync(job, action, body, signature));
            }
        }
    }

    private async Task DeliverAsync(SimulatedJob job, string action, ReadOnlyMemory<byte> body, string signature)
    {
        var delivery = new WebhookDelivery { Body = body, Event = "workflow_job", DeliveryId = FormattableString.Invariant($"{job.Id}-{action}"), Signature = signature, ContentType = "application/json" };
        var outcome = await world.AskSomeHostAsync($"webhook {action} of {job.Id}", h => h.Fleet.ReceiveAsync(delivery, CancellationToken.None), TimeSpan.FromSeconds(10)).ConfigureAwait(false);
        switch (outcome)
        {
            case WebhookOutcome.Recorded recorded:
                world.Promises.Accepted(job, recorded);
                break;
            case null or WebhookOutcome.Unavailable:
                RedeliverLater(job, action, body, signature);
                break;
        }
    }

    // What was never answered with success is delivered again some time later if it asks for something; news is not.
    private void RedeliverLater(SimulatedJob job, string action, ReadOnlyMemory<byte> body, string signature)
    {
        if (action is "queued" or "waiting")
        {
            world.Time.After(TimeSpan.FromMinutes(1) + world.Chance.Time(TimeSpan.FromMinutes(9)), () => _ = DeliverAsync(job, action, body, signature));
        }
    }

    private static (ReadOnlyMemory<byte> Body, string Signature) Sign(SimulatedJob job, string action)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("action", action);
            json.WriteStartObject("workflow_job");
            json.WriteNumber("id", job.Id);
            json.WriteNumber("run_id", job.Id * 10);
            json.WriteNumber("run_attempt", 1);
            json.WriteString("name", "build");
            json.WriteString("status", action);
            json.WriteString("conclusion", action == "completed" ? job.Conclusion : null);
            json.WriteString("created_at", job.CreatedAt);
            json.WriteStartArray("labels");
            foreach (var label in job.Labels)
            {
                json.WriteStringValue(label);
            }

            json.WriteEndArray();
            if (action is "in_progress" or "completed" && job.RunnerName is not null)
            {
                json.WriteNumber("runner_id", job.Runner!.Id);
                json.WriteString("runner_name", job.RunnerName);
            }

            json.WriteEndObject();
            json.WriteStartObject("repository");
            json.WriteNumber("id", job.Repository.Id);
            json.WriteString("name", job.Repository.Name);
            json.WriteString("full_name", $"{Organization}/{job.Repository.Name}");
            json.WriteBoolean("private", job.Repository.IsPrivate);
            json.WriteStartObject("owner");
            json.WriteString("login", Organization);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartObject("organization");
            json.WriteString("login", Organization);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return (buffer.WrittenMemory, WebhookSignature.Sign(buffer.WrittenSpan, World.Secret));
    }
}
