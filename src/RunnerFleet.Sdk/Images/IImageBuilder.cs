using RunnerFleet.Runners;

namespace RunnerFleet.Images;

/// <summary>Turns a base image into a runner image. Implement it to build elsewhere; <c>ImageBuilderContract</c> in <c>RunnerFleet.Sdk.Testing.Xunit</c> checks every promise made here.</summary>
/// <remarks>Expected trouble is an outcome; an exception counts as Unknown and is tried again. Every member is cancellable and safe to repeat.</remarks>
public interface IImageBuilder
{
    /// <summary>Says how the image stands, without starting anything.</summary>
    Task<ImageOutcome> ResolveAsync(ImageRequest request, CancellationToken cancellationToken);

    /// <summary>Sees to it that the image is ready or being built. One build per content, however many ask at once.</summary>
    Task<ImageOutcome> EnsureAsync(ImageRequest request, CancellationToken cancellationToken);

    /// <summary>Says how a build stands.</summary>
    Task<ImageOutcome> ReadBuildAsync(string buildId, CancellationToken cancellationToken);

    /// <summary>
    /// Tells that compute could not pull an image that this builder had called ready. A builder that can look for itself does so, and calls it missing if it is; one that would only find
    /// it there again calls it missing once, so that it is built anew. By default nothing is done.
    /// </summary>
    /// <param name="image">The reference, as <see cref="ImageOutcome.Ready.Image"/> gave it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task ImageUnavailableAsync(string image, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Which runner image is wanted.</summary>
public sealed record ImageRequest
{
    /// <summary>The normalised reference of the base image.</summary>
    public required string BaseImage { get; init; }

    /// <summary><c>x64</c> or <c>arm64</c>.</summary>
    public required string Architecture { get; init; }
}

/// <summary>How an image stands.</summary>
public abstract class ImageOutcome
{
    private protected ImageOutcome() { }

    /// <summary>It can be run.</summary>
    /// <param name="image">The reference to run, with its digest where the registry knows one.</param>
    /// <param name="isStale">Whether it should be built anew, though it can still be run.</param>
    public sealed class Ready(string image, bool isStale = false) : ImageOutcome
    {
        /// <summary>The reference to run.</summary>
        public string Image { get; } = image;

        /// <summary>Whether it should be built anew, though it can still be run: <see cref="IImageBuilder.EnsureAsync"/> then starts that build beside it.</summary>
        public bool IsStale { get; } = isStale;
    }

    /// <summary>It is being built.</summary>
    /// <param name="buildId">The builder's id of the build.</param>
    /// <param name="link">Where the build can be watched.</param>
    public sealed class Building(string buildId, Uri? link = null) : ImageOutcome
    {
        /// <summary>The builder's id of the build.</summary>
        public string BuildId { get; } = buildId;

        /// <summary>Where the build can be watched.</summary>
        public Uri? Link { get; } = link;
    }

    /// <summary>It is not there, and nobody builds it.</summary>
    public sealed class Missing : ImageOutcome
    {
        private Missing() { }

        /// <summary>The one instance.</summary>
        public static Missing Instance { get; } = new();
    }

    /// <summary>It could not be built.</summary>
    /// <param name="reason">What went wrong, and what to do.</param>
    /// <param name="retryAfter">When trying again can help; <see langword="null"/> when it cannot.</param>
    /// <param name="link">The build's log.</param>
    public sealed class Failed(string reason, TimeSpan? retryAfter = null, Uri? link = null) : ImageOutcome
    {
        /// <summary>What went wrong, and what to do.</summary>
        public string Reason { get; } = reason;

        /// <summary>When trying again can help; <see langword="null"/> when it cannot.</summary>
        public TimeSpan? RetryAfter { get; } = retryAfter;

        /// <summary>The build's log.</summary>
        public Uri? Link { get; } = link;
    }

    /// <summary>The builder could not be asked. Nothing may be concluded.</summary>
    /// <param name="reason">What happened.</param>
    public sealed class Unknown(string reason) : ImageOutcome
    {
        /// <summary>What happened.</summary>
        public string Reason { get; } = reason;
    }
}
