using System.Globalization;
using RunnerFleet.Images;

namespace RunnerFleet.Testing.Fakes;

/// <summary>
/// An image builder whose builds live in memory: it keeps every promise of <see cref="IImageBuilder"/>, records every call, and misbehaves
/// when told to. A build goes on until <see cref="Complete"/> or <see cref="Fail"/>, unless <see cref="BuildsAtOnce"/>.
/// </summary>
/// <remarks>Safe for any number of threads. Collections are snapshots in the order of the calls.</remarks>
/// <param name="clock">Where times come from; <see langword="null"/> takes the system's.</param>
public sealed class FakeImageBuilder(TimeProvider? clock = null) : IImageBuilder
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private readonly List<Build> _builds = [];
    private readonly CallLog<ImageRequest> _resolves = new();
    private readonly CallLog<ImageRequest> _ensures = new();
    private readonly CallLog<string> _reads = new();
    private readonly CallLog<string> _unavailable = new();

    /// <summary>Whether a build is ready as soon as it is asked for.</summary>
    public bool BuildsAtOnce { get; set; }

    /// <summary>Awaited at the beginning of every call, after it was recorded: to slow calls down, or to make them throw.</summary>
    public Func<CancellationToken, Task>? BeforeEachCall { get; set; }

    /// <summary>What a resolve answers instead of the truth; <see langword="null"/> answers the truth.</summary>
    public Func<ImageRequest, ImageOutcome?>? ResolveAnswer { get; set; }

    /// <summary>What an ensure answers instead of doing anything; <see langword="null"/> lets it build as usual.</summary>
    public Func<ImageRequest, ImageOutcome?>? EnsureAnswer { get; set; }

    /// <summary>What reading a build answers instead of the truth; <see langword="null"/> answers the truth.</summary>
    public Func<string, ImageOutcome?>? ReadAnswer { get; set; }

    /// <summary>Every resolve.</summary>
    public IReadOnlyList<ImageRequest> Resolves => _resolves.Snapshot();

    /// <summary>Every ensure.</summary>
    public IReadOnlyList<ImageRequest> Ensures => _ensures.Snapshot();

    /// <summary>The build id of every reading of a build.</summary>
    public IReadOnlyList<string> Reads => _reads.Snapshot();

    /// <summary>Every image that was said to be unavailable.</summary>
    public IReadOnlyList<string> Unavailable => _unavailable.Snapshot();

    /// <summary>The ids of all builds that were started, in order.</summary>
    public IReadOnlyList<string> Builds
    {
        get
        {
            lock (_lock)
            {
                return [.. _builds.Select(build => build.Id)];
            }
        }
    }

    /// <summary>Ends a build well.</summary>
    public void Complete(string buildId) => Finish(buildId, build => new ImageOutcome.Ready(ImageOf(build.Request)));

    /// <summary>Ends a build badly. It is tried anew when <paramref name="retryAfter"/> has passed, or never.</summary>
    public void Fail(string buildId, string reason, TimeSpan? retryAfter = null) => Finish(buildId, _ => new ImageOutcome.Failed(reason, retryAfter));

    /// <inheritdoc/>
    public async Task<ImageOutcome> ResolveAsync(ImageRequest request, CancellationToken cancellationToken)
    {
        _resolves.Add(request);
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            return ResolveAnswer?.Invoke(request) ?? LatestOf(request)?.Outcome ?? ImageOutcome.Missing.Instance;
        }
    }

    /// <inheritdoc/>
    public async Task<ImageOutcome> EnsureAsync(ImageRequest request, CancellationToken cancellationToken)
    {
        _ensures.Add(request);
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            if (EnsureAnswer?.Invoke(request) is { } answer)
            {
                return answer;
            }

            var latest = LatestOf(request);
            if (latest is null || MayTryAgain(latest))
            {
                latest = Start(request);
            }

            return latest.Outcome;
        }
    }

    /// <inheritdoc/>
    public async Task<ImageOutcome> ReadBuildAsync(string buildId, CancellationToken cancellationToken)
    {
        _reads.Add(buildId);
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            return ReadAnswer?.Invoke(buildId) ?? _builds.Find(build => build.Id == buildId)?.Outcome ?? ImageOutcome.Missing.Instance;
        }
    }

    /// <summary>Forgets the builds that led to the image: it is missing.</summary>
    public async Task ImageUnavailableAsync(string image, CancellationToken cancellationToken)
    {
        _unavailable.Add(image);
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            _builds.RemoveAll(build => build.Outcome is ImageOutcome.Ready ready && ready.Image == image);
        }
    }

    private static string ImageOf(ImageRequest request) => $"fake.registry.test/runner:{request.Architecture}-{request.BaseImage.Replace('/', '-').Replace(':', '-')}";

    private Task EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return BeforeEachCall?.Invoke(cancellationToken) ?? Task.CompletedTask;
    }

    private Build? LatestOf(ImageRequest request) => _builds.FindLast(build => build.Request == request);

    private bool MayTryAgain(Build build) =>
        build.Outcome is ImageOutcome.Failed { RetryAfter: { } retryAfter } && _clock.GetUtcNow() >= build.EndedAt + retryAfter;

    private Build Start(ImageRequest request)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"build-{_builds.Count + 1}");
        var build = new Build { Id = id, Request = request, Outcome = BuildsAtOnce ? new ImageOutcome.Ready(ImageOf(request)) : new ImageOutcome.Building(id) };
        _builds.Add(build);
        return build;
    }

    private void Finish(string buildId, Func<Build, ImageOutcome> outcome)
    {
        lock (_lock)
        {
            var build = _builds.Find(build => build.Id == buildId) ?? throw new ArgumentException($"There is no build '{buildId}'.", nameof(buildId));
            build.Outcome = outcome(build);
            build.EndedAt = _clock.GetUtcNow();
        }
    }

    private sealed class Build
    {
        public required string Id { get; init; }

        public required ImageRequest Request { get; init; }

        public required ImageOutcome Outcome { get; set; }

        public DateTimeOffset EndedAt { get; set; }
    }
}
