using Microsoft.Extensions.Logging;
using RunnerFleet.Images;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>Looks at images: ECR says what is there, the record what was begun, CodeBuild how that stands. What a look finds out is written down for the other hosts.</summary>
internal sealed class ImageLooks(ICodeBuildApi codeBuild, IEcrApi ecr, ImageRecords records, EcrRepository repository, CodeBuildImageOptions options, TimeProvider clock, ILogger logger)
{
    // What was written just now may not be read everywhere yet.
    private static readonly TimeSpan BuildAppears = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan ImageAppears = TimeSpan.FromMinutes(5);

    // A build that ended longer ago than this and whose image is gone is not to blame: a lifecycle policy or a person removed it.
    private static readonly TimeSpan ImageMayBeRemoved = TimeSpan.FromHours(1);

    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(1);

    /// <summary>Looks at the image of a tag.</summary>
    public async Task<ImageStanding> LookAsync(string tag, CancellationToken cancellationToken)
    {
        var standing = await FindAsync(tag, cancellationToken).ConfigureAwait(false);
        if (standing.Record is not { BuildId: { } buildId, Failure: null })
        {
            return standing;
        }

        if (standing.IsUsable && !IsStale(standing))
        {
            // Pushed after the build was asked for: it has done its work, whatever else it does.
            return standing.Image?.ImagePushedAt is { } pushed && pushed > standing.Record.ClaimedAt - ClockSkew
                ? await SucceedAsync(standing, buildId, pushed, cancellationToken).ConfigureAwait(false)
                : standing;
        }

        if (await ReadAsync(buildId, cancellationToken).ConfigureAwait(false) is { } build)
        {
            return await JudgeAsync(standing, build, cancellationToken).ConfigureAwait(false);
        }

        return clock.GetUtcNow() - standing.Record.ClaimedAt < BuildAppears
            ? standing with { Building = new ImageOutcome.Building(buildId) }
            : await ForgetAsync(standing, buildId, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks at the image that a build is of.</summary>
    public async Task<ImageStanding> LookAsync(string tag, CodeBuildBuild build, CancellationToken cancellationToken) =>
        await JudgeAsync(await FindAsync(tag, cancellationToken).ConfigureAwait(false), build, cancellationToken).ConfigureAwait(false);

    /// <summary>Reads a build; <see langword="null"/> where CodeBuild does not know it.</summary>
    public async Task<CodeBuildBuild?> ReadAsync(string buildId, CancellationToken cancellationToken)
    {
        var builds = await codeBuild.BatchGetBuildsAsync([buildId], cancellationToken).ConfigureAwait(false);
        return builds.FirstOrDefault(build => build.Id == buildId);
    }

    public bool IsStale(ImageStanding standing) => options.RefreshAfterDays > 0 && standing.AgeAt(clock.GetUtcNow()) >= TimeSpan.FromDays(options.RefreshAfterDays);

    public ImageOutcome OutcomeOf(ImageStanding standing) =>
        standing.IsUsable ? new ImageOutcome.Ready(repository.ReferenceTo(standing.Image!.ImageDigest), IsStale(standing))
        : standing.Building is { } building ? building
        : standing.Record.Failure is { } failure && failure.StandsAt(clock.GetUtcNow()) ? failure.ToOutcome(clock.GetUtcNow())
        : ImageOutcome.Missing.Instance;

    /// <summary>What stands against another build after one that failed so often in a row.</summary>
    public ImageFailure FailureOf(CodeBuildBuild build, string reason, bool canRetry, int failures)
    {
        var now = clock.GetUtcNow();
        if (build.HadNoTurn())
        {
            return new ImageFailure { Reason = $"{reason} {BuildEnd.LimitCure}", Link = build.Link(), Until = now.AddMinutes(options.RetryMinutes) };
        }

        if (canRetry && failures < options.MaxTries)
        {
            var wait = TimeSpan.FromMinutes(options.RetryMinutes) * Math.Pow(2, failures - 1);
            return new ImageFailure { Reason = reason, Link = build.Link(), Until = now + (wait < LongestRetry ? wait : LongestRetry) };
        }

        var until = now.AddHours(options.GiveUpHours);
        var outlook = canRetry ? $"It failed {failures} times in a row, and is tried again from {until:u} on, or when its content changes." : $"Name another base image; this one is tried again from {until:u} on.";
        return new ImageFailure { Reason = $"{reason} {outlook}", Link = build.Link(), Until = until, IsFinal = true };
    }

    private async Task<ImageStanding> FindAsync(string tag, CancellationToken cancellationToken)
    {
        var query = new EcrImageQuery { RegistryId = repository.RegistryId, RepositoryName = repository.Name, ImageTag = tag };
        var image = await ecr.DescribeImageAsync(query, cancellationToken).ConfigureAwait(false);
        var (record, version) = await records.ReadAsync(tag, cancellationToken).ConfigureAwait(false);
        return new ImageStanding { Tag = tag, Image = image?.ImageStatus is null or "ACTIVE" ? image : null, Record = record, Version = version };
    }

    private async Task<ImageStanding> JudgeAsync(ImageStanding standing, CodeBuildBuild build, CancellationToken cancellationToken)
    {
        var (reason, canRetry) = ("", true);
        if (build.IsRunning())
        {
            return standing with { Building = new ImageOutcome.Building(build.Id, build.Link()) };
        }

        if (build.BuildStatus != BuildEnd.Succeeded)
        {
            (reason, canRetry) = build.Explain();
        }
        else if (standing.Image is not null)
        {
            return await SucceedAsync(standing, build.Id, build.EndedAt() ?? clock.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        }
        else
        {
            var since = clock.GetUtcNow() - (build.EndedAt() ?? DateTimeOffset.MinValue);
            if (since < ImageAppears)
            {
                return standing with { Building = new ImageOutcome.Building(build.Id, build.Link()) };
            }

            if (since > ImageMayBeRemoved)
            {
                return await ForgetAsync(standing, build.Id, cancellationToken).ConfigureAwait(false);
            }

            reason = $"The CodeBuild build {build.Id} succeeded, but {repository.Uri} has no image {standing.Tag}. The buildspec of the project must push ${BuildVariables.RepositoryUri}:${BuildVariables.ImageTag}.";
        }

        return await FailAsync(standing, build, reason, canRetry, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ImageStanding> SucceedAsync(ImageStanding standing, string buildId, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var (after, isChanged) = await ChangeAsync(standing, record => IsOf(record, buildId)
            ? record with
            {
                BuildId = null,
                BuiltAt = at,
                Failures = 0,
                Failure = null,
                Unavailable = at > record.CondemnedAt ? null : record.Unavailable, // what it had built by then is what could not be pulled
            }
            : null, cancellationToken).ConfigureAwait(false);
        if (isChanged)
        {
            logger.ImageBuilt(standing.Tag, buildId, standing.Image!.ImageDigest);
        }

        return after;
    }

    private async Task<ImageStanding> FailAsync(ImageStanding standing, CodeBuildBuild build, string reason, bool canRetry, CancellationToken cancellationToken)
    {
        var (after, isChanged) = await ChangeAsync(standing, record => IsOf(record, build.Id)
            ? record with { Failures = build.HadNoTurn() ? record.Failures : record.Failures + 1, Failure = FailureOf(build, reason, canRetry, record.Failures + 1) }
            : null, cancellationToken).ConfigureAwait(false);
        if (isChanged)
        {
            logger.ImageNotBuilt(standing.Tag, after.Record.Failure!.Reason, after.Record.Failure.Link);
        }

        return after;
    }

    private async Task<ImageStanding> ForgetAsync(ImageStanding standing, string buildId, CancellationToken cancellationToken)
    {
        var (after, _) = await ChangeAsync(standing, record => IsOf(record, buildId) ? record with { BuildId = null } : null, cancellationToken).ConfigureAwait(false);
        return after;
    }

    /// <summary>Whether the end of a build is news for a record.</summary>
    private static bool IsOf(ImageRecord record, string buildId) => record.BuildId == buildId && record.Failure is null;

    private async Task<(ImageStanding Standing, bool IsChanged)> ChangeAsync(ImageStanding standing, Func<ImageRecord, ImageRecord?> change, CancellationToken cancellationToken)
    {
        var (record, version, isChanged) = await records.ChangeAsync(standing.Tag, change, cancellationToken).ConfigureAwait(false);
        return (standing with { Record = record, Version = version }, isChanged);
    }
}
