using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.AspNetCore.Tests.Hosting;

internal static class SampleData
{
    public const string RunnerId = "01JZ0000000000000000000001";
    public const string OtherRunnerId = "01JZ0000000000000000000002";

    public static DateTimeOffset Now { get; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static JobKey Job { get; } = new("github.com", 41_234_567_890);

    public static RunnerScope Scope { get; } = new() { Kind = RunnerScopeKind.Repository, Owner = "octo", Repository = "shop" };

    public static RepositoryRef Repository { get; } = new() { Id = 7, Owner = "octo", Name = "shop", IsPrivate = true };

    public static Runner Runner(string id = RunnerId, RunnerState state = RunnerState.WaitingForJob) => new()
    {
        Id = id,
        Version = 3,
        State = state,
        Job = Job,
        Scope = Scope,
        Repository = Repository,
        Spec = new RunnerSpec { ClassName = "medium" },
        Labels = ["self-hosted", "class:medium"],
        DemandKey = "internal-demand-key",
        QueuedAt = Now.AddMinutes(-2),
        Attempt = 1,
        Plan = new LaunchPlan { Attempt = 1, ClassName = "medium", Cpu = 1024, MemoryMiB = 2048, Architecture = "x64", ControlPlaneUrl = new Uri("http://control.internal"), ClaimKeyId = "internal-claim-key-id" },
        Compute = new ComputeRef { Launcher = "process", Location = "", Id = "runner-1" },
        Registration = new Registration { Number = 1, Name = $"rf-test-{id}-1", GitHubId = 99, MintedAt = Now },
        CreatedAt = Now.AddMinutes(-2).ToOffset(TimeSpan.FromHours(2)),
        StateSince = Now.AddMinutes(-1),
        History =
        [
            new RunnerMove { At = Now.AddMinutes(-2), To = RunnerState.Pending, Cause = Reason.Of(ReasonCodes.Queued, "A job was queued.") },
            new RunnerMove { At = Now.AddMinutes(-1), From = RunnerState.Pending, To = state, Cause = new Reason { Code = ReasonCodes.Launched, Message = "Started.", Link = new Uri("https://example.com/log") } },
        ],
    };

    public static Job JobRecord(JobState state = JobState.Queued) => new()
    {
        Key = Job,
        Version = 1,
        State = state,
        Repository = Repository,
        Scope = Scope,
        RunId = 5,
        RunAttempt = 1,
        Name = "build",
        WorkflowName = "ci",
        Url = new Uri("https://github.com/octo/shop/actions/runs/5/job/41234567890"),
        Labels = ["self-hosted"],
        DemandKey = "internal-demand-key",
        RunnerId = RunnerId,
        QueuedAt = Now,
        CreatedAt = Now,
        StateSince = Now,
        History = [new JobMove { At = Now, To = state, Cause = Reason.Of(ReasonCodes.Queued, "Queued.") }],
    };

    public static FleetMove Move(int number = 1) => new()
    {
        At = Now.AddSeconds(number),
        RunnerId = RunnerId,
        Job = Job,
        RunnerFrom = RunnerState.Starting,
        RunnerTo = RunnerState.WaitingForJob,
        Cause = Reason.Of(ReasonCodes.Launched, $"Started\n{number}."),
    };
}
