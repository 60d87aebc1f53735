using Docker.DotNet.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Images;

namespace RunnerFleet.Local.Docker;

/// <summary>Takes images as they are. What the engine does not have is pulled; a pull is its "build". Another process that pulls the same does no harm: the engine loads each layer once.</summary>
internal sealed class DockerFinishedImages : IImageBuilder, IDisposable
{
    private readonly FinishedDockerImageOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<DockerFinishedImages> _logger;
    private readonly EngineConnection _engine;
    private readonly EngineImages _images;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly HashSet<string> _pulls = [];
    private readonly Dictionary<string, ImageFailure> _failures = [];

    public DockerFinishedImages(IOptions<FinishedDockerImageOptions> options, TimeProvider clock, ILogger<DockerFinishedImages> logger)
    {
        (_options, _clock, _logger) = (options.Value, clock, logger);
        _engine = new EngineConnection(_options.Endpoint);
        _images = new EngineImages(_engine);
    }

    public Task<ImageOutcome> ResolveAsync(ImageRequest request, CancellationToken cancellationToken) => AskAsync(request, LookAsync, cancellationToken);

    public Task<ImageOutcome> EnsureAsync(ImageRequest request, CancellationToken cancellationToken) => AskAsync(request, EnsureAsync, cancellationToken);

    public async Task<ImageOutcome> ReadBuildAsync(string buildId, CancellationToken cancellationToken) =>
        buildId.Split(' ') is ["pull", var architecture, var image]
            ? await AskAsync(new ImageRequest { BaseImage = image, Architecture = architecture }, ReadAsync, cancellationToken).ConfigureAwait(false)
            : cancellationToken.IsCancellationRequested ? throw new OperationCanceledException(cancellationToken) : ImageOutcome.Missing.Instance;

    /// <summary>Cancels the pulls of this host. The next host that needs their images pulls them.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _engine.Dispose();
    }

    private async Task<ImageOutcome> AskAsync(ImageRequest request, Func<DockerReference, string, CancellationToken, Task<ImageOutcome>> ask, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!DockerReference.TryRead(request.BaseImage, out var image))
        {
            return new ImageOutcome.Failed($"{request.BaseImage.Quoted()} is no image reference. Write registry/path:tag.");
        }

        try
        {
            return await ask(image, request.Architecture, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && EngineImages.IsTrouble(exception))
        {
            return _images.NotAnswered(exception);
        }
    }

    private async Task<ImageOutcome> LookAsync(DockerReference image, string architecture, CancellationToken cancellationToken)
    {
        // First the pull: one that ends between the two looks has brought its image by then.
        var (isPulled, failure) = Standing(image);
        return await _images.FindAsync(image.ToString(), cancellationToken).ConfigureAwait(false) is { } found ? ReadyOrMismatch(image, found, architecture)
            : isPulled ? new ImageOutcome.Building(IdOf(image, architecture))
            : failure is not null && failure.StandsAt(_clock.GetUtcNow()) ? failure.ToOutcome(_clock.GetUtcNow())
            : ImageOutcome.Missing.Instance;
    }

    private async Task<ImageOutcome> ReadAsync(DockerReference image, string architecture, CancellationToken cancellationToken)
    {
        var outcome = await LookAsync(image, architecture, cancellationToken).ConfigureAwait(false);
        return outcome is ImageOutcome.Missing && Standing(image).Failure is { } failure ? failure.ToOutcome(_clock.GetUtcNow()) : outcome;
    }

    private async Task<ImageOutcome> EnsureAsync(DockerReference image, string architecture, CancellationToken cancellationToken)
    {
        var outcome = await LookAsync(image, architecture, cancellationToken).ConfigureAwait(false);
        if (outcome is not ImageOutcome.Missing)
        {
            return outcome;
        }

        if (await _images.RefuseAsync(architecture, cancellationToken).ConfigureAwait(false) is { } refusal)
        {
            return refusal;
        }

        if (!_options.Pull)
        {
            return new ImageOutcome.Failed($"The Docker engine at {_engine.Endpoint} does not have the image {image}, and images are not pulled here. Bring it there with docker pull or docker load, or set FinishedDockerImageOptions.Pull.", ImageFailure.Stands);
        }

        lock (_gate)
        {
            if (_pulls.Add(image.ToString()))
            {
                _failures.Remove(image.ToString());
                _ = Task.Run(() => PullAsync(image), CancellationToken.None);
            }
        }

        return new ImageOutcome.Building(IdOf(image, architecture));
    }

    private async Task PullAsync(DockerReference image)
    {
        var began = _clock.GetTimestamp();
        ImageFailure? failure = null;
        try
        {
            _logger.ImagePullStarted(image.ToString());
            failure = await TryPullAsync(image).ConfigureAwait(false);
            if (failure is null)
            {
                _logger.ImagePulled(image.ToString(), _clock.GetElapsedTime(began).TotalSeconds);
            }
            else
            {
                _logger.ImageNotPulled(image.ToString(), failure.Reason);
            }
        }
#pragma warning disable CA1031 // nobody waits for this task; what it could not do is found missing, and done again
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _logger.ImagePullBroken(exception, image.ToString());
        }
        finally
        {
            lock (_gate)
            {
                _pulls.Remove(image.ToString());
                if (failure is not null)
                {
                    _failures[image.ToString()] = failure;
                }
            }
        }
    }

    private async Task<ImageFailure?> TryPullAsync(DockerReference image)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(_options.PullTimeoutSeconds), _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, timeout.Token);
        (string Reason, bool CanRetry)? failure;
        try
        {
            failure = await _images.PullAsync(image.ToString(), new Unheard(), either.Token).ConfigureAwait(false);
        }
        catch (Exception) when (timeout.IsCancellationRequested)
        {
            failure = ($"The image {image} was not pulled within {_options.PullTimeoutSeconds} s.", true);
        }
        catch (Exception exception) when (!_stop.IsCancellationRequested && !EngineConnection.IsUnreachable(exception) && EngineImages.IsTrouble(exception))
        {
            failure = (_images.NotAnswered(exception).Reason, true);
        }

        return failure is var (why, canRetry) ? new ImageFailure { Reason = why, CanRetry = canRetry, At = _clock.GetUtcNow() } : null;
    }

    private (bool IsPulled, ImageFailure? Failure) Standing(DockerReference image)
    {
        lock (_gate)
        {
            return (_pulls.Contains(image.ToString()), _failures.GetValueOrDefault(image.ToString()));
        }
    }

    private static ImageOutcome ReadyOrMismatch(DockerReference image, ImageInspectResponse found, string architecture) =>
        EngineImages.Mismatch(image.ToString(), found, architecture) is { } mismatch ? new ImageOutcome.Failed(mismatch) : new ImageOutcome.Ready(Pinned(image, found));

    /// <summary>With the digest that the registry gave it, where it came from one: a tag that moves while a launch is under way must not change what is launched.</summary>
    private static string Pinned(DockerReference image, ImageInspectResponse found)
    {
        var start = image.FamiliarName + "@";
        return image.Digest is null && found.RepoDigests?.FirstOrDefault(digest => digest.StartsWith(start, StringComparison.Ordinal)) is { } known
            ? $"{image}@{known[start.Length..]}"
            : image.ToString();
    }

    private static string IdOf(DockerReference image, string architecture) => $"pull {architecture} {image}";

    private sealed class Unheard : IProgress<JSONMessage>
    {
        public void Report(JSONMessage value)
        {
        }
    }
}
