using Microsoft.Extensions.Logging;
using RunnerFleet.GitHub;
using RunnerFleet.Runners;

namespace RunnerFleet.Simulation.Tests.Planted;

/// <summary>Takes an answer that says nothing of a runner for one that says there is none.</summary>
internal sealed class NoAnswerIsNoRunner(IRunnerRegistrar inner, params GitHubStatus[] statuses) : RegistrarDecorator(inner)
{
    public override async Task<GitHubAnswer<GitHubRunner?>> FindRunnerAsync(RunnerScope scope, string name, CancellationToken cancellationToken) =>
        await Inner.FindRunnerAsync(scope, name, cancellationToken) is var answer && statuses.Contains(answer.Status) ? GitHubAnswer.Ok<GitHubRunner?>(null) : answer;
}

/// <summary>Takes an answer to a removal for success.</summary>
internal sealed class RemovalSucceeds(IRunnerRegistrar inner, params GitHubStatus[] statuses) : RegistrarDecorator(inner)
{
    public override async Task<GitHubAnswer<bool>> DeleteRunnerAsync(RunnerScope scope, long runnerId, CancellationToken cancellationToken) =>
        await Inner.DeleteRunnerAsync(scope, runnerId, cancellationToken) is var answer && statuses.Contains(answer.Status) ? GitHubAnswer.Ok(true) : answer;
}

/// <summary>Removes nothing and says that it did.</summary>
internal sealed class NeverRemoves(IRunnerRegistrar inner) : RegistrarDecorator(inner)
{
    public override Task<GitHubAnswer<bool>> DeleteRunnerAsync(RunnerScope scope, long runnerId, CancellationToken cancellationToken) => Task.FromResult(GitHubAnswer.Ok(true));
}

/// <summary>Never finds a registration that nobody speaks for.</summary>
internal sealed class NoGhosts(IRunnerRegistrar inner) : RegistrarDecorator(inner)
{
    public override Task<GitHubAnswer<IReadOnlyList<GitHubRunner>>> ListRunnersAsync(RunnerScope scope, string namePrefix, CancellationToken cancellationToken) =>
        Task.FromResult(GitHubAnswer.Ok<IReadOnlyList<GitHubRunner>>([]));
}

/// <summary>A job that GitHub does not show is over.</summary>
internal sealed class MissingJobIsOver(IRunnerRegistrar inner) : RegistrarDecorator(inner)
{
    public override async Task<GitHubAnswer<GitHubJob>> GetJobAsync(RunnerScope scope, RepositoryRef repository, long jobId, CancellationToken cancellationToken)
    {
        var answer = await Inner.GetJobAsync(scope, repository, jobId, cancellationToken);
        return answer.Status is GitHubStatus.NotFound or GitHubStatus.Unknown
            ? GitHubAnswer.Ok(new GitHubJob { Id = jobId, RunId = jobId, RunAttempt = 1, Name = "build", Status = "completed", Conclusion = "failure", Labels = [] })
            : answer;
    }
}

/// <summary>Remembers what was minted last, by any host.</summary>
internal sealed class RegistrarThatRemembers(IRunnerRegistrar inner, LastMinted minted) : RegistrarDecorator(inner)
{
    public override async Task<GitHubAnswer<JitRegistration>> CreateJitConfigAsync(JitRequest request, CancellationToken cancellationToken)
    {
        var answer = await Inner.CreateJitConfigAsync(request, cancellationToken);
        minted.Credential = answer.Value?.EncodedJitConfig ?? minted.Credential;
        return answer;
    }
}

/// <summary>Logs what it was given, as one does while looking for a fault.</summary>
internal sealed partial class LogsCredentials(IRunnerRegistrar inner, ILogger<LogsCredentials> logger) : RegistrarDecorator(inner)
{
    public override async Task<GitHubAnswer<JitRegistration>> CreateJitConfigAsync(JitRequest request, CancellationToken cancellationToken)
    {
        var answer = await Inner.CreateJitConfigAsync(request, cancellationToken);
        Minted(logger, answer.Value?.EncodedJitConfig);
        return answer;
    }

    [LoggerMessage(1, LogLevel.Debug, "Minted {Config}.")]
    private static partial void Minted(ILogger logger, string? config);
}

/// <summary>What was minted last.</summary>
internal sealed class LastMinted
{
    public string Credential { get; set; } = "";
}
