using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Images;

namespace RunnerFleet.Local.Docker;

/// <summary>
/// Builds runner images on a Docker engine. What is known of an image is the engine's own list, a lock that is held while it is built, and the last failure's file:
/// several hosts of one machine see the same, and after a crash there is nothing to restore.
/// </summary>
internal sealed partial class DockerImageBuilder : IImageBuilder, IDisposable
{
    public const string BaseArgument = "BASE_IMAGE";

    private readonly DockerImageOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<DockerImageBuilder> _logger;
    private readonly EngineConnection _engine;
    private readonly EngineImages _images;
    private readonly ContextSource _source;
    private readonly SemaphoreSlim _turns;
    private readonly CancellationTokenSource _stop = new();

    public DockerImageBuilder(IOptions<DockerImageOptions> options, TimeProvider clock, ILogger<DockerImageBuilder> logger)
    {
        (_options, _clock, _logger) = (options.Value, clock, logger);
        _engine = new EngineConnection(_options.Endpoint);
        _images = new EngineImages(_engine);
        _source = new ContextSource(_options.ContextFolder);
        _turns = new SemaphoreSlim(_options.ParallelBuilds);
    }

    public Task<ImageOutcome> ResolveAsync(ImageRequest request, CancellationToken cancellationToken) => AskAsync(request, (target, token) => LookAsync(target.Image, target.Files, target.Files.IsHeld(), token), cancellationToken);

    public Task<ImageOutcome> EnsureAsync(ImageRequest request, CancellationToken cancellationToken) => AskAsync(request, EnsureAsync, cancellationToken);

    public async Task<ImageOutcome> ReadBuildAsync(string buildId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!buildId.StartsWith(_options.Repository + "/", StringComparison.Ordinal) || !OwnImage().IsMatch(buildId[(_options.Repository.Length + 1)..]))
        {
            return ImageOutcome.Missing.Instance;
        }

        var files = new BuildFiles(_options.LogFolder, buildId);
        try
        {
            var outcome = await LookAsync(buildId, files, files.IsHeld(), cancellationToken).ConfigureAwait(false);
            return outcome is ImageOutcome.Missing && files.ReadFailure() is { } failure ? failure.ToOutcome(_clock.GetUtcNow(), files.LogLink) : outcome;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && EngineImages.IsTrouble(exception))
        {
            return NotAnswered(exception);
        }
    }

    /// <summary>Cancels the builds of this host. The next host that needs their images builds them.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _engine.Dispose();
    }

    private async Task<ImageOutcome> AskAsync(ImageRequest request, Func<BuildTarget, CancellationToken, Task<ImageOutcome>> ask, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!DockerReference.TryRead(request.BaseImage, out var baseImage))
        {
            return new ImageOutcome.Failed($"{request.BaseImage.Quoted()} is no image reference. Write registry/path:tag.");
        }

        if (request.Architecture is not ("x64" or "arm64"))
        {
            return new ImageOutcome.Failed($"There are no runner images for the architecture {request.Architecture.Quoted()}. Use x64 or arm64.");
        }

        try
        {
            var target = await Task.Run(() => TargetOf(baseImage, request.Architecture), cancellationToken).ConfigureAwait(false);
            return await ask(target, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && EngineImages.IsTrouble(exception))
        {
            return NotAnswered(exception);
        }
    }

    private BuildTarget TargetOf(DockerReference baseImage, string architecture)
    {
        var context = _source.Read();
        var content = context.ContentOf(baseImage.ToString(), architecture, _options.BuildArguments);
        var image = baseImage.ImageFor(_options.Repository, architecture, content);
        return new BuildTarget { BaseImage = baseImage.ToString(), Architecture = architecture, Context = context, Content = content, Image = image, Files = new BuildFiles(_options.LogFolder, image) };
    }

    /// <summary>Looks at the engine after the lock: a build that ended between the two looks has named its image by then.</summary>
    private async Task<ImageOutcome> LookAsync(string image, BuildFiles files, bool isBuilding, CancellationToken cancellationToken) =>
        await _images.FindAsync(image, cancellationToken).ConfigureAwait(false) is not null ? new ImageOutcome.Ready(image)
        : isBuilding ? new ImageOutcome.Building(image, files.LogLink)
        : files.ReadFailure() is { } failure && failure.StandsAt(_clock.GetUtcNow()) ? failure.ToOutcome(_clock.GetUtcNow(), files.LogLink)
        : ImageOutcome.Missing.Instance;

    private async Task<ImageOutcome> EnsureAsync(BuildTarget target, CancellationToken cancellationToken)
    {
        var outcome = await LookAsync(target.Image, target.Files, target.Files.IsHeld(), cancellationToken).ConfigureAwait(false);
        if (outcome is not ImageOutcome.Missing)
        {
            return outcome;
        }

        if (await _images.RefuseAsync(target.Architecture, cancellationToken).ConfigureAwait(false) is { } refusal)
        {
            return refusal;
        }

        var hold = target.Files.TryHold();
        try
        {
            if (hold is not null)
            {
                // Another's build may have begun and ended since the first look.
                outcome = await LookAsync(target.Image, target.Files, isBuilding: false, cancellationToken).ConfigureAwait(false);
                if (outcome is not ImageOutcome.Missing)
                {
                    return outcome;
                }

                var held = hold;
                _ = Task.Run(() => BuildAsync(target, held), CancellationToken.None);
                hold = null;
            }

            return new ImageOutcome.Building(target.Image, target.Files.LogLink);
        }
        finally
        {
            hold?.Dispose();
        }
    }

    private async Task BuildAsync(BuildTarget target, FileStream hold)
    {
        using (hold)
        {
            var began = _clock.GetTimestamp();
            var hasTurn = false;
            try
            {
                await _turns.WaitAsync(_stop.Token).ConfigureAwait(false);
                hasTurn = true;
                var failure = await RunAsync(target).ConfigureAwait(false);
                if (failure is null)
                {
                    target.Files.DeleteFailure();
                    _logger.ImageBuilt(target.Image, _clock.GetElapsedTime(began).TotalSeconds);
                }
                else
                {
                    target.Files.WriteFailure(failure);
                    _logger.ImageNotBuilt(target.Image, failure.Reason, target.Files.Log);
                }
            }
#pragma warning disable CA1031 // nobody waits for this task; what it could not do is found missing, and done again
            catch (Exception exception)
#pragma warning restore CA1031
            {
                if (_stop.IsCancellationRequested)
                {
                    _logger.ImageBuildCancelled(target.Image);
                }
                else
                {
                    _logger.ImageBuildBroken(exception, target.Image);
                }
            }
            finally
            {
                if (hasTurn)
                {
                    _turns.Release();
                }
            }
        }
    }

    private async Task<ImageFailure?> RunAsync(BuildTarget target)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(_options.BuildTimeoutSeconds), _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, timeout.Token);
        using var log = new BuildLog(target.Files.Log);
        log.Write($"Building {target.Image} from {target.BaseImage}.");
        _logger.ImageBuildStarted(target.Image, target.BaseImage, target.Files.Log);
        (string Reason, bool CanRetry)? failure;
        try
        {
            failure = await new ImageBuild(_options, _engine, _images, _source, target).RunAsync(log, either.Token).ConfigureAwait(false);
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            log.Write("The host stopped, and with it this build.");
            throw;
        }
        catch (Exception) when (timeout.IsCancellationRequested)
        {
            failure = ($"It was not built within {_options.BuildTimeoutSeconds} s.", true);
        }
        catch (Exception exception) when (EngineConnection.IsUnreachable(exception))
        {
            // That is no failure of the image: whoever asks next is told of the engine.
            log.Write(_engine.UnreachableReason);
            throw;
        }
        catch (Exception exception) when (EngineImages.IsTrouble(exception))
        {
            failure = (NotAnswered(exception).Reason, true);
        }

        log.Write(failure is { Reason: var reason } ? reason : $"Built {target.Image}.");
        return failure is var (why, canRetry) ? new ImageFailure { Reason = why, CanRetry = canRetry, At = _clock.GetUtcNow() } : null;
    }

    private ImageOutcome.Unknown NotAnswered(Exception exception) => exception is UnauthorizedAccessException or (IOException { InnerException: null } and not HttpIOException)
        ? new ImageOutcome.Unknown($"The image builder's folders cannot be used: {exception.Message}")
        : _images.NotAnswered(exception);

    [GeneratedRegex(@"\A[a-z0-9.-]{1,60}:(?:x64|arm64)-[0-9a-f]{12}\z")]
    private static partial Regex OwnImage();
}
