using RunnerFleet.GitHub;
using RunnerFleet.Runners;

namespace RunnerFleet.Testing.Simulation;

/// <summary>One host's way to GitHub's REST API.</summary>
internal sealed class SimulatedRegistrar(World world, SimulatedHost host) : IRunnerRegistrar
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    public Task<GitHubAnswer<JitRegistration>> CreateJitConfigAsync(JitRequest request, CancellationToken cancellationToken) =>
        Call($"github.mint {request.Name}", () => world.GitHub.Mint(request), cancellationToken);

    public Task<GitHubAnswer<RegistrationToken>> CreateRegistrationTokenAsync(RunnerScope scope, CancellationToken cancellationToken) =>
        Call("github.token", () => GitHubAnswer.Not<RegistrationToken>(GitHubStatus.Refused, "Not simulated: the engine does not ask for it."), cancellationToken);

    public Task<GitHubAnswer<GitHubRunner?>> FindRunnerAsync(RunnerScope scope, string name, CancellationToken cancellationToken) =>
        Call($"github.find {name}", () => world.GitHub.Find(name), cancellationToken);

    public Task<GitHubAnswer<GitHubRunner>> GetRunnerAsync(RunnerScope scope, long runnerId, CancellationToken cancellationToken) =>
        Call("github.get", () => world.GitHub.Get(runnerId), cancellationToken);

    public Task<GitHubAnswer<IReadOnlyList<GitHubRunner>>> ListRunnersAsync(RunnerScope scope, string namePrefix, CancellationToken cancellationToken) =>
        Call("github.list", () => world.GitHub.List(namePrefix), cancellationToken);

    public Task<GitHubAnswer<bool>> DeleteRunnerAsync(RunnerScope scope, long runnerId, CancellationToken cancellationToken) =>
        Call($"github.delete {runnerId}", () => world.GitHub.Delete(runnerId), cancellationToken);

    public Task<GitHubAnswer<GitHubJob>> GetJobAsync(RunnerScope scope, RepositoryRef repository, long jobId, CancellationToken cancellationToken) =>
        Call($"github.job {jobId}", () => world.GitHub.GetJob(jobId), cancellationToken);

    public Task<GitHubAnswer<IReadOnlyList<GitHubJob>>> ListActiveJobsAsync(RunnerScope scope, RepositoryRef repository, long afterRunId, int mostRequests, CancellationToken cancellationToken) =>
        Call("github.active", () => world.GitHub.Active(repository.Name), cancellationToken);

    public Task<GitHubAnswer<IReadOnlyList<HookDelivery>>> ListFailedDeliveriesAsync(RunnerScope scope, long hookId, DateTimeOffset since, CancellationToken cancellationToken) =>
        Call("github.deliveries", () => world.GitHub.FailedDeliveries(since), cancellationToken);

    public Task<GitHubAnswer<bool>> RedeliverAsync(RunnerScope scope, long hookId, long deliveryId, CancellationToken cancellationToken) =>
        Call($"github.redeliver {deliveryId}", () => world.GitHub.Redeliver(deliveryId), cancellationToken);

    private Task<GitHubAnswer<T>> Call<T>(string what, Func<GitHubAnswer<T>> effect, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return world.Wire.CallAsync(host, what, Longest, 40, effect, () => GitHubAnswer.Not<T>(GitHubStatus.Unknown, "A simulated reply was lost."));
    }
}
