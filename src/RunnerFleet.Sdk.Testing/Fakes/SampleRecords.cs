using System.Buffers.Binary;
using System.Globalization;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.Testing.Fakes;

/// <summary>
/// Records to begin a test with; change what matters with <c>with</c>. The same number always makes the same record, and a higher number a later one:
/// record n was queued and created n seconds after <see cref="Epoch"/>.
/// </summary>
public static class SampleRecords
{
    private static readonly string[] s_labels = ["self-hosted", "linux", "x64"];

    /// <summary>The moment the samples count from: 2026-03-01, noon UTC.</summary>
    public static DateTimeOffset Epoch { get; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The moment of the samples with this number.</summary>
    public static DateTimeOffset At(int number) => Epoch.AddSeconds(number);

    /// <summary>The id of the runner with this number: a ULID of its moment, so that ids sort as numbers do.</summary>
    public static string RunnerId(int number)
    {
        Span<byte> randomness = stackalloc byte[10];
        BinaryPrimitives.WriteInt32BigEndian(randomness[6..], number);
        return Ulid.NewUlid(At(number), randomness).ToString();
    }

    /// <summary>The key of the job with this number. Its id passes 2^31, as GitHub's do.</summary>
    public static JobKey JobKey(int number) => new("github.com", 40_000_000_000 + number);

    /// <summary>A private repository of the owner <c>octo-org</c>, with an id of its own.</summary>
    public static RepositoryRef Repository(int number = 1) => new()
    {
        Id = 5_000_000_000 + number,
        Owner = "octo-org",
        Name = string.Create(CultureInfo.InvariantCulture, $"repo-{number}"),
        IsPrivate = true,
    };

    /// <summary>The scope of one repository.</summary>
    public static RunnerScope Scope(RepositoryRef repository)
    {
        ArgumentNullException.ThrowIfNull(repository);
        return new() { Kind = RunnerScopeKind.Repository, Owner = repository.Owner, Repository = repository.Name };
    }

    /// <summary>A PENDING runner in its first version, with nothing more than it must have.</summary>
    /// <param name="number">Which sample.</param>
    /// <param name="repository">Which repository it is recorded for.</param>
    public static Runner Runner(int number, int repository = 1)
    {
        var scope = Scope(Repository(repository));
        return new()
        {
            Id = RunnerId(number),
            Version = 1,
            State = RunnerState.Pending,
            Scope = scope,
            Repository = Repository(repository),
            Spec = new RunnerSpec(),
            Labels = s_labels,
            DemandKey = Jobs.DemandKey.Of(scope, s_labels),
            QueuedAt = At(number),
            CreatedAt = At(number),
            StateSince = At(number),
        };
    }

    /// <summary>A QUEUED job in its first version, with nothing more than it must have.</summary>
    /// <param name="number">Which sample.</param>
    /// <param name="repository">Which repository it belongs to.</param>
    public static Job Job(int number, int repository = 1)
    {
        var scope = Scope(Repository(repository));
        return new()
        {
            Key = JobKey(number),
            Version = 1,
            State = JobState.Queued,
            Repository = Repository(repository),
            Scope = scope,
            Labels = s_labels,
            DemandKey = Jobs.DemandKey.Of(scope, s_labels),
            QueuedAt = At(number),
            CreatedAt = At(number),
            StateSince = At(number),
        };
    }

    /// <summary>A runner in its first version of which every member has a value that is not its default: it shows what a store loses.</summary>
    public static Runner FullRunner(int number) => Runner(number) with
    {
        State = RunnerState.WaitingForJob,
        Job = JobKey(number),
        Scope = FullScope(),
        Spec = FullSpec(),
        Labels = OddLabels(),
        Attempt = 2,
        Plan = new LaunchPlan
        {
            Attempt = 2,
            ClassName = "large",
            Cpu = 4096,
            MemoryMiB = 30_720,
            DiskGiB = 100,
            Architecture = "arm64",
            Capacity = CapacityKind.Spot,
            Image = "ghcr.io/octo-org/base@sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
            ControlPlaneUrl = new Uri("https://fleet.example/hooks/?a=b%20c"),
            ClaimKeyId = "k-1f2e",
        },
        SpotFailed = true,
        LaunchCallEnds = At(number).AddSeconds(30),
        Compute = new ComputeRef { Launcher = "process", Location = "/var/lib/fleet", Id = "arn:aws:ecs:eu-central-1:123456789012:task/fleet/0af1" },
        ComputeGone = true,
        ComputeEnd = new ComputeEnd { StartedAt = At(number), At = Precise(number), ExitCode = -1, Reason = OddText, Interrupted = true, ImageUnavailable = true },
        Claims = 3,
        Registration = new Registration { Number = 3, Name = RunnerName.Format("main", RunnerId(number), 3), GitHubId = long.MaxValue, MintedAt = Precise(number), IsGone = true },
        OnlineAt = Precise(number),
        ReportedStarted = true,
        IdleSince = Precise(number),
        Closing = new Closing { Cause = FullReason(), At = Precise(number), Force = true, Fault = true },
        Places = ["fleet", "class/large", "repository/github.com/5000000001"],
        NotBefore = Precise(number),
        Reason = FullReason(),
        ImageBuildId = "build:42",
        Deadline = Precise(number),
        ExpiresAt = At(number).AddDays(10),
        History =
        [
            new RunnerMove { At = Precise(number), To = RunnerState.Pending, Cause = FullReason() },
            new RunnerMove { At = Precise(number), From = RunnerState.Pending, To = RunnerState.Starting, Cause = Reason.Of(ReasonCodes.PlacesTaken, "Places were taken.") },
        ],
    };

    /// <summary>A job in its first version of which every member has a value that is not its default: it shows what a store loses.</summary>
    public static Job FullJob(int number) => Job(number) with
    {
        State = JobState.InProgress,
        Scope = FullScope(),
        RunId = long.MaxValue - 1,
        RunAttempt = 7,
        Name = OddText,
        WorkflowName = "Bauen & prüfen",
        Url = new Uri("https://github.com/octo-org/repo-1/actions/runs/1/job/40000000001?pr=2#step:3:4"),
        Labels = OddLabels(),
        Spec = FullSpec(),
        RunnerId = RunnerId(number),
        RunnerName = RunnerName.Format("main", RunnerId(number), 1),
        Launches = 4,
        SpotFailed = true,
        Displacements = 2,
        NotBefore = Precise(7),
        Diagnostic = FullReason(),
        Conclusion = "timed_out",
        Deadline = Precise(number),
        ExpiresAt = At(number).AddDays(10),
        History =
        [
            new JobMove { At = Precise(number), To = JobState.Queued, Cause = FullReason() },
            new JobMove { At = Precise(number), From = JobState.Queued, To = JobState.InProgress, Cause = Reason.Of(ReasonCodes.JobStarted, "GitHub said so.") },
        ],
    };

    // Quotes, wildcards, a line break, a letter outside ASCII and one outside the basic plane.
    private static string OddText => "it's \"50%\" of_a {line}\\\r\n\tÄ→😀";

    private static string[] OddLabels() => ["Self-Hosted", "image:ubuntu:22.04", "größe,xl", "it's", "\"x\"", "100%_", "", "😀", "Self-Hosted"];

    // To the tick: a store that rounds moments is found out.
    private static DateTimeOffset Precise(int number) => At(number).AddTicks(1_234_567);

    private static Reason FullReason() => new() { Code = ReasonCodes.ImageFailed, Message = OddText, Link = new Uri("https://logs.example/a?b=c") };

    private static RunnerScope FullScope() => new()
    {
        Host = "ghe.example",
        Kind = RunnerScopeKind.Organization,
        Owner = "octo-org",
        Repository = "repo-1",
        RunnerGroupId = 6_000_000_000,
        InstallationId = 7_000_000_000,
    };

    private static RunnerSpec FullSpec() => new()
    {
        ClassName = "large",
        Image = "docker.io/library/ubuntu:22.04",
        DiskGiB = 100,
        OperatingSystem = "windows",
        Architecture = "arm64",
        Capacity = CapacityKind.Spot,
    };
}
