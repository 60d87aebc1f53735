using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Runners;
using RunnerFleet.Simulation.Tests.Planted;
using RunnerFleet.Testing.Simulation;

namespace RunnerFleet.Simulation.Tests;

/// <summary>In a world where all else goes well one thing is bad from beginning to end. Whoever does not need it is served as if it were not there: at once, if a place is free.</summary>
public sealed class OneBadThingTests
{
    private const string Bad = "class:large";

    [Fact]
    public void A_class_whose_launches_are_refused() => NobodyElseWaits(new() { Seed = 0, DecorateLauncher = l => new BadLauncher(l, _ => Task.FromResult<LaunchOutcome>(new LaunchOutcome.Rejected("Bad."))) });

    [Fact]
    public void A_class_whose_launches_throw() => NobodyElseWaits(new() { Seed = 0, DecorateLauncher = l => new BadLauncher(l, _ => throw new InvalidOperationException("Bad.")), MayThrow = e => e is InvalidOperationException });

    [Fact]
    public void A_class_whose_launches_are_never_answered() => NobodyElseWaits(new() { Seed = 0, DecorateLauncher = l => new BadLauncher(l, _ => new TaskCompletionSource<LaunchOutcome>().Task) });

    [Fact]
    public void A_class_that_finds_no_capacity() => NobodyElseWaits(new() { Seed = 0, DecorateLauncher = l => new BadLauncher(l, _ => Task.FromResult<LaunchOutcome>(new LaunchOutcome.NoCapacity("Bad."))) });

    [Fact]
    public void Whoever_needs_the_bad_thing_is_seen_to_wait()
    {
        var broken = Seeds.FirstViolation(1, 40, seed => new SimulationPlan { Seed = seed, HasFaults = false, DecorateLauncher = l => new BadLauncher(l, _ => Task.FromResult<LaunchOutcome>(new LaunchOutcome.NoCapacity("Bad."))) });

        Assert.True(broken?.BrokenPromise is 1 or 8, broken is null ? "Nobody was seen to wait." : broken.ToString());
    }

    [Fact]
    public void A_repository_that_GitHub_does_not_answer_for() => NobodyElseWaits(new() { Seed = 0, DecorateRegistrar = r => new SilentAboutLib(r) }, labels => labels.Any(l => l.StartsWith("image:broken", StringComparison.Ordinal))); // GitHub is asked before each try

    private static void NobodyElseWaits(SimulationPlan plan, Func<IReadOnlyList<string>, bool>? mayFail = null)
    {
        var broken = Seeds.FirstViolation(1, 40, seed => plan with { Seed = seed, HasFaults = false, MayFail = mayFail ?? (labels => labels.Contains(Bad)) });

        Assert.True(broken is null, broken is null ? "" : Seeds.Explain(broken));
    }

    private sealed class BadLauncher(IComputeLauncher inner, Func<LaunchRequest, Task<LaunchOutcome>> launch) : LauncherDecorator(inner)
    {
        public override Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken) =>
            request.Plan.ClassName == "large" ? launch(request) : Inner.LaunchAsync(request, cancellationToken);
    }

    private sealed class SilentAboutLib(IRunnerRegistrar inner) : RegistrarDecorator(inner)
    {
        public override Task<GitHubAnswer<GitHubJob>> GetJobAsync(RunnerScope scope, RepositoryRef repository, long jobId, CancellationToken cancellationToken) =>
            repository.Name == "lib" ? Task.FromResult(GitHubAnswer.Not<GitHubJob>(GitHubStatus.Unknown, "Silent.")) : Inner.GetJobAsync(scope, repository, jobId, cancellationToken);

        public override Task<GitHubAnswer<IReadOnlyList<GitHubJob>>> ListActiveJobsAsync(RunnerScope scope, RepositoryRef repository, long afterRunId, int mostRequests, CancellationToken cancellationToken) =>
            repository.Name == "lib" ? Task.FromResult(GitHubAnswer.Not<IReadOnlyList<GitHubJob>>(GitHubStatus.Unknown, "Silent.")) : Inner.ListActiveJobsAsync(scope, repository, afterRunId, mostRequests, cancellationToken);
    }
}
