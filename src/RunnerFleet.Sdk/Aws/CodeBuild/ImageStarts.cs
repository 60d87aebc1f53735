using Amazon.Runtime;
using Microsoft.Extensions.Logging;
using RunnerFleet.Images;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>
/// Starts builds, each once. A build is claimed in the record before it is started; a claim whose answer never came, or whose host died, is taken up by whoever asks next:
/// <list type="bullet">
/// <item>as long as its token holds, the same request is sent again, and CodeBuild answers with the build that it started, or starts it now;</item>
/// <item>later the project's newest builds are looked through: either the build is among them, or it was never started;</item>
/// <item>later than a build can last, it has ended, and what came of it is in ECR.</item>
/// </list>
/// </summary>
internal sealed class ImageStarts(ICodeBuildApi codeBuild, ImageRecords records, CodeBuildImageOptions options, TimeProvider clock, ILogger logger)
{
    // A token holds for 5 minutes (CodeBuild API, StartBuild), counted by a clock that is not ours.
    private static readonly TimeSpan TokenHolds = TimeSpan.FromMinutes(4);

    // How long a request may have been on its way, and how far clocks may differ.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(10);

    /// <summary>What tells one build that was asked for from all others.</summary>
    private static readonly string[] s_identity = [BuildVariables.ImageTag, BuildVariables.Fleet, BuildVariables.Number];

    private static readonly TimeSpan SetUpRetry = TimeSpan.FromMinutes(5);

    /// <summary>Builds an image that stands so that it should be built.</summary>
    /// <returns>How the build stands; <see langword="null"/> where another host has changed that meanwhile.</returns>
    public async Task<ImageOutcome?> StartAsync(ImageTarget target, string fleet, ImageStanding standing, CancellationToken cancellationToken)
    {
        var record = standing.Record;
        if (record.Request is { } unanswered)
        {
            var age = clock.GetUtcNow() - record.ClaimedAt;
            if (age < TokenHolds)
            {
                return await SendAsync(target, record.Number, unanswered, cancellationToken).ConfigureAwait(false);
            }

            if (age < LongestLife(unanswered) + Margin)
            {
                var (isNeverStarted, outcome) = await SeekAsync(target.Tag, record, unanswered, cancellationToken).ConfigureAwait(false);
                if (!isNeverStarted)
                {
                    return outcome;
                }
            }
        }

        var number = record.Number + 1;
        var request = target.ToRequest(options, fleet, number, isRefresh: standing.Image is not null);
        var claim = record with
        {
            Number = number,
            ClaimedAt = clock.GetUtcNow(),
            Request = request,
            BuildId = null,
            Failures = record.Failure is { IsFinal: true } ? 0 : record.Failures,
            Failure = null,
        };
        return await records.TryWriteAsync(target.Tag, claim, standing.Version, cancellationToken).ConfigureAwait(false)
            ? await SendAsync(target, number, request, cancellationToken).ConfigureAwait(false)
            : null;
    }

    private async Task<ImageOutcome> SendAsync(ImageTarget target, int number, CodeBuildStart request, CancellationToken cancellationToken)
    {
        CodeBuildBuild build;
        try
        {
            build = await codeBuild.StartBuildAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (AmazonServiceException error) when (RefusalOf(error, request.ProjectName) is { } refusal)
        {
            return await RefusedAsync(target, number, refusal, cancellationToken).ConfigureAwait(false);
        }

        var id = CodeBuildId.Read(build.Id) ?? throw new InvalidDataException($"CodeBuild calls a build {build.Id.Quoted()}.");
        try
        {
            var (_, _, isChanged) = await StoreAsync(target.Tag, number, id, cancellationToken).ConfigureAwait(false);
            if (isChanged)
            {
                logger.ImageBuildStarted(target.Tag, target.BaseImage, id);
            }
        }
        catch (StoreUnavailableException trouble)
        {
            logger.ImageBuildNotStored(trouble, target.Tag, id);
        }

        return new ImageOutcome.Building(id, build.Link());
    }

    /// <summary>Keeps which build a claim came to, unless somebody has claimed another since.</summary>
    private Task<(ImageRecord Record, long Version, bool IsChanged)> StoreAsync(string tag, int number, string buildId, CancellationToken cancellationToken) =>
        records.ChangeAsync(tag, record => record.Number == number && record.BuildId is null ? record with { Request = null, BuildId = buildId, Failure = null } : null, cancellationToken);

    /// <summary>The claim stands: that the request is refused now does not say what became of it when it was sent before, by this client or by a host that died.</summary>
    private async Task<ImageOutcome> RefusedAsync(ImageTarget target, int number, ImageFailure refusal, CancellationToken cancellationToken)
    {
        var (record, _, isChanged) = await records.ChangeAsync(target.Tag, record => record.Number == number && record.BuildId is null ? record with { Failure = refusal } : null, cancellationToken).ConfigureAwait(false);
        if (isChanged)
        {
            logger.ImageBuildRefused(target.Tag, refusal.Reason);
        }

        // The same request of another host may have come through, a moment before or after.
        return record is { BuildId: { } buildId, Failure: null } ? new ImageOutcome.Building(buildId) : refusal.ToOutcome(clock.GetUtcNow());
    }

    private async Task<(bool IsNeverStarted, ImageOutcome? Outcome)> SeekAsync(string tag, ImageRecord record, CodeBuildStart unanswered, CancellationToken cancellationToken)
    {
        const int Page = 100;
        IReadOnlyList<string> ids;
        try
        {
            ids = await codeBuild.ListBuildsForProjectAsync(unanswered.ProjectName, cancellationToken).ConfigureAwait(false);
        }
        catch (AmazonServiceException error) when (RefusalOf(error, unanswered.ProjectName) is { } refusal)
        {
            return (false, refusal.ToOutcome(clock.GetUtcNow()));
        }

        var builds = ids.Count == 0 ? [] : await codeBuild.BatchGetBuildsAsync([.. ids.Take(Page)], cancellationToken).ConfigureAwait(false);
        var since = record.ClaimedAt - Margin;
        var found = builds.FirstOrDefault(build => build.StartTime >= since && s_identity.All(name => build.Variable(name) == unanswered.EnvironmentVariablesOverride.GetValueOrDefault(name)));
        if (found is not null && CodeBuildId.Read(found.Id) is { } id)
        {
            await StoreAsync(tag, record.Number, id, cancellationToken).ConfigureAwait(false);
            logger.ImageBuildSought(tag, record.ClaimedAt, $"It was: {id}.");
            return (false, null); // looked at again, as any build
        }

        if (ids.Count >= Page && builds.All(build => build.StartTime >= since))
        {
            return (false, new ImageOutcome.Unknown($"whether its build of {record.ClaimedAt:u} was started is not known: the project {unanswered.ProjectName} has had more than {Page} builds since"));
        }

        logger.ImageBuildSought(tag, record.ClaimedAt, "It was not; it is started now.");
        return (true, null);
    }

    private static TimeSpan LongestLife(CodeBuildStart request) => TimeSpan.FromMinutes((request.QueuedTimeoutInMinutesOverride ?? 480) + (request.TimeoutInMinutesOverride ?? 2160));

    /// <summary>What keeps CodeBuild from taking a build, with its cure. It passes without a loss: whoever waits goes on waiting.</summary>
    private ImageFailure? RefusalOf(AmazonServiceException error, string project)
    {
        var words = $"CodeBuild starts no build ({error.ErrorCode}: {error.Message.ToOneLine(300).Trim().TrimEnd('.')}).";
        var (cure, wait) = error.ErrorCode switch
        {
            "AccountLimitExceededException" => (BuildEnd.LimitCure, TimeSpan.FromMinutes(options.RetryMinutes)),
            "AccessDeniedException" => ($"Allow this host's role codebuild:StartBuild, codebuild:BatchGetBuilds and codebuild:ListBuildsForProject on the project {project}.", SetUpRetry),
            "ResourceNotFoundException" => ($"There is no CodeBuild project {project} in this account and region: create it, or correct Project and ArmProject.", SetUpRetry),
            "InvalidInputException" => ($"Correct the project {project}, or the settings of the image builder.", SetUpRetry),
            _ => ("", TimeSpan.Zero),
        };
        return wait > TimeSpan.Zero ? new ImageFailure { Reason = $"{words} {cure}", Until = clock.GetUtcNow() + wait } : null;
    }
}
