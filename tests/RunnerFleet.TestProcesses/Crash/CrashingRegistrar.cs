using RunnerFleet.GitHub;
using RunnerFleet.Runners;

namespace RunnerFleet.TestProcesses.Crash;

/// <summary>A registrar with a point before and after each call that changes something at GitHub.</summary>
internal sealed class CrashingRegistrar(IRunnerRegistrar inner, CrashPoints points) : IRunnerRegistrar
{
    public Task<GitHubAnswer<JitRegistration>> CreateJitConfigAsync(JitRequest request, CancellationToken cancellationToken) =>
        points.AroundAsync($"registrar.CreateJitConfig {request.Labels[^1]}", () => inner.CreateJitConfigAsync(request, cancellationToken));

    public Task<GitHubAnswer<RegistrationToken>> CreateRegistrationTokenAsync(RunnerScope scope, CancellationToken cancellationToken) =>
        points.AroundAsync("registrar.CreateRegistrationToken", () => inner.CreateRegistrationTokenAsync(scope, cancellationToken));

    public Task<GitHubAnswer<bool>> DeleteRunnerAsync(RunnerScope scope, long runnerId, CancellationToken cancellationToken) =>
        points.AroundAsync("registrar.DeleteRunner", () => inner.DeleteRunnerAsync(scope, runnerId, cancellationToken));

    public Task<GitHubAnswer<bool>> RedeliverAsync(RunnerScope scope, long hookId, long deliveryId, CancellationToken cancellationToken) =>
        points.AroundAsync("registrar.Redeliver", () => inner.RedeliverAsync(scope, hookId, deliveryId, cancellationToken));

    public Task<GitHubAnswer<GitHubRunner?>> FindRunnerAsync(RunnerScope scope, string name, CancellationToken cancellationToken) => inner.FindRunnerAsync(scope, name, cancellationToken);

    public Task<GitHubAnswer<GitHubRunner>> GetRunnerAsync(RunnerScope scope, long runnerId, CancellationToken cancellationToken) => inner.GetRunnerAsync(scope, runnerId, cancellationToken);

    public Task<GitHubAnswer<IReadOnlyList<GitHubRunner>>> ListRunnersAsync(RunnerScope scope, string namePrefix, CancellationToken cancellationToken) => inner.ListRunnersAsync(scope, namePrefix, cancellationToken);

    public Task<GitHubAnswer<GitHubJob>> GetJobAsync(RunnerScope scope, RepositoryRef repository, long jobId, CancellationToken cancellationToken) => inner.GetJobAsync(scope, repository, jobId, cancellationToken);

    public Task<GitHubAnswer<IReadOnlyList<GitHubJob>>> ListActiveJobsAsync(RunnerScope scope, RepositoryRef repository, long afterRunId, int mostRequests, CancellationToken cancellationToken) => inner.ListActiveJobsAsync(scope, repository, afterRunId, mostRequests, cancellationToken);

    public Task<GitHubAnswer<IReadOnlyList<HookDelivery>>> ListFailedDeliveriesAsync(RunnerScope scope, long hookId, DateTimeOffset since, CancellationToken cancellationToken) => inner.ListFailedDeliveriesAsync(scope, hookId, since, cancellationToken);
}
