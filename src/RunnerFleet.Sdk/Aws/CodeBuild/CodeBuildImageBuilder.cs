using System.Text.Json;
using Amazon.Runtime;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Images;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>
/// Builds runner images with AWS CodeBuild, and has them run from Amazon ECR. What is known of an image is what ECR has, and one entry of the store for its builds: any number of hosts
/// see the same, and after a crash there is nothing to restore.
/// </summary>
internal sealed class CodeBuildImageBuilder : IImageBuilder
{
    private static readonly TimeSpan SetUpRetry = TimeSpan.FromMinutes(5);

    private readonly CodeBuildImageOptions _options;
    private readonly IOptionsMonitor<RunnerFleetOptions> _fleet;
    private readonly IEcrApi _ecr;
    private readonly TimeProvider _clock;
    private readonly ILogger<CodeBuildImageBuilder> _logger;
    private readonly EcrRepository _repository;
    private readonly ImageRecords _records;
    private readonly ImageLooks _looks;
    private readonly ImageStarts _starts;
    private readonly ReadyImages _ready;

    public CodeBuildImageBuilder(
        ICodeBuildApi codeBuild, IEcrApi ecr, IRunnerStore store, IOptions<CodeBuildImageOptions> options, IOptionsMonitor<RunnerFleetOptions> fleet, TimeProvider clock, ILogger<CodeBuildImageBuilder> logger)
    {
        (_options, _fleet, _ecr, _clock, _logger) = (options.Value, fleet, ecr, clock, logger);
        _repository = EcrRepository.TryRead(_options.RepositoryUri, out var repository) ? repository : throw new ArgumentException("RepositoryUri is no ECR repository.", nameof(options));
        _records = new ImageRecords(store, clock);
        _looks = new ImageLooks(codeBuild, ecr, _records, repository, _options, clock, logger);
        _starts = new ImageStarts(codeBuild, _records, _options, clock, logger);
        _ready = new ReadyImages(TimeSpan.FromSeconds(_options.CacheSeconds), clock);
    }

    public Task<ImageOutcome> ResolveAsync(ImageRequest request, CancellationToken cancellationToken) => AskAsync(request, async target =>
        _ready.Find(target.Tag) ?? Remember(target.Tag, _looks.OutcomeOf(await _looks.LookAsync(target.Tag, cancellationToken).ConfigureAwait(false))), cancellationToken);

    public Task<ImageOutcome> EnsureAsync(ImageRequest request, CancellationToken cancellationToken) => AskAsync(request, target => EnsureAsync(target, cancellationToken), cancellationToken);

    public Task<ImageOutcome> ReadBuildAsync(string buildId, CancellationToken cancellationToken) => AskAsync(async () =>
    {
        if (CodeBuildId.Read(buildId) is not { } id || !IsOurs(CodeBuildId.ProjectOf(id))
            || await _looks.ReadAsync(id, cancellationToken).ConfigureAwait(false) is not { } build
            || build.Variable(BuildVariables.RepositoryUri) != _repository.Uri || build.Variable(BuildVariables.ImageTag) is not { } tag || !ImageTarget.IsTag(tag))
        {
            return ImageOutcome.Missing.Instance;
        }

        var standing = await _looks.LookAsync(tag, build, cancellationToken).ConfigureAwait(false);
        return standing switch
        {
            { IsUsable: false, Building: null, Record: { Failure: { } failure } record } when record.BuildId == id => failure.ToOutcome(_clock.GetUtcNow()),
            { IsUsable: false, Building: null, Record.Number: 0 } when build.BuildStatus != BuildEnd.Succeeded => FailureWithoutRecord(build),
            { IsUsable: false, Building: null } => ImageOutcome.Missing.Instance, // whoever waited for this build looks at what came after it
            _ => Remember(tag, _looks.OutcomeOf(standing)),
        };
    }, cancellationToken);

    public async Task ImageUnavailableAsync(string image, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _ready.Drop(image);
        if (_repository.DigestOf(image) is not { } digest)
        {
            return;
        }

        // An image that is gone, or that its tag has left, is missing or replaced by itself.
        var query = new EcrImageQuery { RegistryId = _repository.RegistryId, RepositoryName = _repository.Name, ImageDigest = digest };
        var there = await _ecr.DescribeImageAsync(query, cancellationToken).ConfigureAwait(false);
        foreach (var tag in there?.ImageTags?.Where(ImageTarget.IsTag) ?? [])
        {
            var (_, _, isChanged) = await _records.ChangeAsync(tag, record => Condemn(record, digest), cancellationToken).ConfigureAwait(false);
            if (isChanged)
            {
                _logger.ImageCondemned(tag, digest);
            }
        }
    }

    private async Task<ImageOutcome> EnsureAsync(ImageTarget target, CancellationToken cancellationToken)
    {
        const int Tries = 10; // each lost one is a write of another host
        if (_ready.Find(target.Tag) is { } known && (!known.IsStale || _ready.WasRefreshed(target.Tag)))
        {
            return known;
        }

        for (var i = 0; i < Tries; i++)
        {
            var standing = await _looks.LookAsync(target.Tag, cancellationToken).ConfigureAwait(false);
            var outcome = Remember(target.Tag, _looks.OutcomeOf(standing));
            var isRefresh = outcome is ImageOutcome.Ready { IsStale: true } && standing.Building is null && standing.Record.Failure?.StandsAt(_clock.GetUtcNow()) != true;
            if (!isRefresh && outcome is not ImageOutcome.Missing)
            {
                return outcome;
            }

            if (await _starts.StartAsync(target, _fleet.CurrentValue.Name, standing, cancellationToken).ConfigureAwait(false) is not { } started)
            {
                continue;
            }

            if (isRefresh && started is ImageOutcome.Building)
            {
                _logger.ImageRefreshed(target.Tag, _options.RefreshAfterDays);
            }

            return isRefresh ? outcome : started;
        }

        return new ImageOutcome.Unknown("other hosts changed what is known of it at the same time");
    }

    /// <summary>A digest is condemned once. Where one digest after another cannot be pulled the images are not to blame, and building more of them would not help.</summary>
    private ImageRecord? Condemn(ImageRecord record, string digest)
    {
        var now = _clock.GetUtcNow();
        var isSoonAfter = now - record.CondemnedAt < TimeSpan.FromHours(_options.GiveUpHours);
        return record.Condemned == digest || (isSoonAfter && record.Condemnations >= _options.MaxTries)
            ? null
            : record with { Unavailable = digest, Condemned = digest, CondemnedAt = now, Condemnations = isSoonAfter ? record.Condemnations + 1 : 1 };
    }

    private ImageOutcome.Failed FailureWithoutRecord(CodeBuildBuild build)
    {
        var (reason, canRetry) = build.Explain();
        return _looks.FailureOf(build, reason, canRetry, failures: 1).ToOutcome(_clock.GetUtcNow());
    }

    private bool IsOurs(string project) => project == _options.Project || project == _options.ArmProject;

    private ImageOutcome Remember(string tag, ImageOutcome outcome)
    {
        if (outcome is ImageOutcome.Ready ready)
        {
            _ready.Put(tag, ready);
        }

        return outcome;
    }

    private Task<ImageOutcome> AskAsync(ImageRequest request, Func<ImageTarget, Task<ImageOutcome>> ask, CancellationToken cancellationToken) => AskAsync(
        () => ImageTarget.TryRead(request, _options, out var target, out var refusal) ? ask(target) : Task.FromResult<ImageOutcome>(refusal), cancellationToken);

    private async Task<ImageOutcome> AskAsync(Func<Task<ImageOutcome>> ask, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (AmazonServiceException error) when (error.ErrorCode == "RepositoryNotFoundException")
        {
            return new ImageOutcome.Failed($"There is no ECR repository {_repository.Name} in the account {_repository.RegistryId} and this region. Create it, or correct RepositoryUri.", SetUpRetry);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && IsTrouble(exception))
        {
            return new ImageOutcome.Unknown(WordsOf(exception));
        }
    }

    /// <summary>Whether this is trouble on the way, rather than a mistake of ours. What the AWS SDK does not wrap comes as the network's own exceptions.</summary>
    private static bool IsTrouble(Exception exception) => exception is AmazonServiceException or AmazonClientException or StoreUnavailableException or HttpRequestException or IOException or TimeoutException or OperationCanceledException or JsonException or InvalidDataException;

    private static string WordsOf(Exception exception) => exception switch
    {
        StoreUnavailableException => "the store could not be reached",
        AmazonServiceException { ErrorCode.Length: > 0 } error => $"AWS answered {error.ErrorCode}: {error.Message.ToOneLine(300)}",
        _ => $"AWS did not answer: {exception.Message.ToOneLine(300)}",
    };
}
