using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace RunnerFleet.Local.Docker;

/// <summary>One build, from its base image to its name. The engine gives the name only to what is whole, so that a build that is broken off leaves nothing under it.</summary>
internal sealed class ImageBuild(DockerImageOptions options, EngineConnection engine, EngineImages images, ContextSource source, BuildTarget target)
{
    /// <summary>With this code the runner's Dockerfile says that it cannot use the base image: neither Debian nor Ubuntu (EX_DATAERR of sysexits.h).</summary>
    private const int UnusableBase = 65;

    private const int ReasonLength = 300;

    /// <summary>Builds.</summary>
    /// <returns>Why there is no image; <see langword="null"/> when there is one.</returns>
    public async Task<(string Reason, bool CanRetry)?> RunAsync(BuildLog log, CancellationToken cancellationToken) =>
        await GetBaseAsync(log, cancellationToken).ConfigureAwait(false)
        ?? await BuildAsync(log, cancellationToken).ConfigureAwait(false);

    private async Task<(string Reason, bool CanRetry)?> GetBaseAsync(BuildLog log, CancellationToken cancellationToken)
    {
        var found = await images.FindAsync(target.BaseImage, cancellationToken).ConfigureAwait(false);
        if (found is null || options.AlwaysPull)
        {
            log.Write($"Pulling {target.BaseImage}.");
            if (await images.PullAsync(target.BaseImage, log, cancellationToken).ConfigureAwait(false) is { } failure)
            {
                return failure;
            }

            found = await images.FindAsync(target.BaseImage, cancellationToken).ConfigureAwait(false);
        }

        return found is null ? ($"The image {target.BaseImage} was pulled, but the Docker engine does not have it.", true)
            : EngineImages.Mismatch(target.BaseImage, found, target.Architecture) is { } mismatch ? (mismatch, false)
            : null;
    }

    private async Task<(string Reason, bool CanRetry)?> BuildAsync(BuildLog log, CancellationToken cancellationToken)
    {
        // A file rather than memory: the context may hold a runner's archive. A build that was killed leaves it to the next, which writes it anew.
        using var tar = new FileStream(target.Files.Tar, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        await target.Context.WriteTarAsync(tar, cancellationToken).ConfigureAwait(false);
        if (target.Content != source.Read().ContentOf(target.BaseImage, target.Architecture, options.BuildArguments))
        {
            return ("The files it is built from were changed while they were read.", true);
        }

        tar.Position = 0;
        try
        {
            await engine.Client.Images.BuildImageFromDockerfileAsync(Parameters(), tar, null, null, log, cancellationToken).ConfigureAwait(false);
        }
        catch (DockerApiException exception) when (exception.StatusCode == HttpStatusCode.BadRequest)
        {
            return ($"The Docker engine refused the Dockerfile: {EngineImages.WordsOf(exception)}", false);
        }

        // Not whether the engine has it now: somebody may have removed it as soon as it was there.
        return log.Error is { } error ? Explain(error, log.LastLine)
            : log.HasImage ? null
            : ("The Docker engine ended the build without an image.", true);
    }

    private ImageBuildParameters Parameters() => new()
    {
        Tags = [target.Image],
        BuildArgs = new Dictionary<string, string>(options.BuildArguments) { [DockerImageBuilder.BaseArgument] = target.BaseImage },
        Labels = new Dictionary<string, string> { ["runnerfleet.image.base"] = target.BaseImage, ["runnerfleet.image.content"] = target.Content },
        Remove = true,
        ForceRemove = true, // the containers of failed and cancelled steps; finished steps stay as the engine's cache, which makes the next try short
    };

    private static (string Reason, bool CanRetry) Explain(JSONError error, string? lastLine) => error.Code is not (null or 0)
        ? ($"A step of the Dockerfile ended with exit code {error.Code}: {(lastLine ?? error.Message ?? "").ToOneLine(ReasonLength)}", error.Code != UnusableBase)
        : ($"The Docker engine could not build it: {(error.Message ?? "").Trim().ToOneLine(ReasonLength)}", true);
}
