using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Images;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Provisioning;

/// <summary>Whether a runner's image can be launched; if not, what was stored of it.</summary>
/// <param name="CanLaunch">Whether the launch may go ahead.</param>
/// <param name="Image">The image to launch; <see langword="null"/> leaves the launcher's own.</param>
/// <param name="Changed">Whether the runner's record was changed.</param>
internal readonly record struct ImageStanding(bool CanLaunch, string? Image, bool Changed);

/// <summary>Sees to a runner's image before its launch. Images are a matter of the builder; here they only become moves.</summary>
internal sealed class RunnerImages(
    IRunnerStore store,
    FleetWriter writer,
    Endings endings,
    HintSender hints,
    IEnumerable<IImageBuilder> builders,
    IOptionsMonitor<RunnerFleetOptions> options,
    TimeProvider clock,
    ILogger<RunnerImages> logger)
{
    private readonly IImageBuilder? _builder = builders.LastOrDefault();

    /// <summary>Looks at the image of a PENDING runner, and starts a build where none runs.</summary>
    /// <param name="runner">The runner.</param>
    /// <param name="runnerClass">Its class.</param>
    /// <param name="known">What was answered in this drain already: a builder is asked once for each image, however many runners wait.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<ImageStanding> ForAsync(Runner runner, RunnerClass runnerClass, Dictionary<ImageRequest, ImageOutcome> known, CancellationToken cancellationToken)
    {
        var baseImage = runner.Spec.Image ?? Normalised(options.CurrentValue.Labels.DefaultImage);
        if (_builder is null || baseImage is null)
        {
            return new ImageStanding(true, baseImage, false);
        }

        var request = new ImageRequest { BaseImage = baseImage, Architecture = runner.Spec.Architecture ?? runnerClass.Architecture };
        if (!known.TryGetValue(request, out var outcome))
        {
            outcome = await AskAsync((b, t) => b.ResolveAsync(request, t), cancellationToken).ConfigureAwait(false);
            if (outcome is ImageOutcome.Missing)
            {
                outcome = await AskAsync((b, t) => b.EnsureAsync(request, t), cancellationToken).ConfigureAwait(false);
            }
            else if (outcome is ImageOutcome.Ready { IsStale: true })
            {
                await AskAsync((b, t) => b.EnsureAsync(request, t), cancellationToken).ConfigureAwait(false); // nobody waits for it, whatever comes of it
            }

            known[request] = outcome;
        }

        return await StoreAsync(runner, outcome, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>As labels are read: one image under two spellings would be built twice.</summary>
    private static string? Normalised(string? image) => image is not null && ImageReference.TryParse(image, out var reference, out _) ? reference.ToString() : image;

    /// <summary>Looks at the build that an IMAGE_CREATING runner waits for.</summary>
    public async Task CheckBuildAsync(Runner runner, CancellationToken cancellationToken)
    {
        var timing = options.CurrentValue.Timing;
        if (_builder is null || runner.ImageBuildId is not { } buildId || clock.GetUtcNow() - runner.StateSince > TimeSpan.FromSeconds(timing.ImageBuildTimeoutSeconds))
        {
            await FailAsync(runner, new ImageOutcome.Failed($"The image was not built within {timing.ImageBuildTimeoutSeconds} s."), cancellationToken).ConfigureAwait(false);
            return;
        }

        var outcome = await AskAsync((b, t) => b.ReadBuildAsync(buildId, t), cancellationToken).ConfigureAwait(false);
        await StoreAsync(runner, outcome, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Compute could not pull an image: its builder is told. Should that fail, the next runner that cannot pull it tells again.</summary>
    public async Task UnavailableAsync(string image, CancellationToken cancellationToken)
    {
        if (_builder is not null)
        {
            await AskAsync(async (b, t) =>
            {
                await b.ImageUnavailableAsync(image, t).ConfigureAwait(false);
                return ImageOutcome.Missing.Instance;
            }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A build changed: every runner that waits for it is looked at.</summary>
    public async Task BuildChangedAsync(string buildId, CancellationToken cancellationToken)
    {
        string? continuation = null;
        do
        {
            var page = await store.ListRunnersAsync(new RunnerQuery { States = [RunnerState.ImageCreating], Take = 200, Continuation = continuation }, cancellationToken).ConfigureAwait(false);
            foreach (var runner in page.Items.Where(r => r.ImageBuildId == buildId))
            {
                try
                {
                    await CheckBuildAsync(runner, cancellationToken).ConfigureAwait(false);
                }
#pragma warning disable CA1031 // one runner must not delay the others; its deadline brings it up again
                catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
                {
                    logger.RunnerStepFailed(runner.Id, e);
                }
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    private async Task<ImageStanding> StoreAsync(Runner runner, ImageOutcome outcome, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var timing = options.CurrentValue.Timing;
        switch (outcome)
        {
            case ImageOutcome.Ready ready when runner.State == RunnerState.Pending:
                return new ImageStanding(true, ready.Image, false);

            case ImageOutcome.Ready or ImageOutcome.Missing when runner.State == RunnerState.ImageCreating:
                await BackToPendingAsync(runner, Reason.Of(ReasonCodes.ImageReady, outcome is ImageOutcome.Ready ? "Its image is ready." : "The build of its image is gone; it is built again."), null, now, cancellationToken).ConfigureAwait(false);
                await hints.DrainAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
                return new ImageStanding(false, null, true);

            case ImageOutcome.Building building:
                var reason = new Reason { Code = ReasonCodes.ImageBuilding, Message = $"Its image is being built ({building.BuildId}).", Link = building.Link };
                var waiting = runner.State == RunnerState.Pending ? runner.Move(RunnerState.ImageCreating, reason, now) : runner;
                await writer.CommitAsync(new FleetCommit().Put(runner, waiting with
                {
                    Reason = reason,
                    ImageBuildId = building.BuildId,
                    NotBefore = null,
                    Deadline = now + Backoff.Since(waiting.StateSince, now, timing),
                }), cancellationToken).ConfigureAwait(false);
                return new ImageStanding(false, null, true);

            case ImageOutcome.Failed failed:
                await FailAsync(runner, failed, cancellationToken).ConfigureAwait(false);
                return new ImageStanding(false, null, true);

            default:
                var later = now.AddSeconds(timing.RetrySeconds);
                var unknown = Reason.Of(ReasonCodes.ImageUnknown, outcome is ImageOutcome.Unknown u ? $"The image builder could not be asked: {u.Reason}" : "The image builder did not say how the image stands.");
                var put = runner.State == RunnerState.Pending ? runner with { Reason = unknown, NotBefore = later } : runner with { Deadline = later };
                await writer.CommitAsync(new FleetCommit().Put(runner, put), cancellationToken).ConfigureAwait(false);
                return new ImageStanding(false, null, true);
        }
    }

    private async Task FailAsync(Runner runner, ImageOutcome.Failed failed, CancellationToken cancellationToken)
    {
        var reason = new Reason { Code = ReasonCodes.ImageFailed, Message = $"Its image cannot be used: {failed.Reason}", Link = failed.Link };
        if (failed.RetryAfter is { } wait)
        {
            var now = clock.GetUtcNow();
            if (runner.State == RunnerState.ImageCreating)
            {
                await BackToPendingAsync(runner, reason, now + wait, now, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await writer.CommitAsync(new FleetCommit().Put(runner, runner with { Reason = reason, NotBefore = now + wait }), cancellationToken).ConfigureAwait(false);
            }

            return;
        }

        await endings.EndAsync(runner, fault: true, reason, null, cancellationToken).ConfigureAwait(false);
    }

    private async Task BackToPendingAsync(Runner runner, Reason reason, DateTimeOffset? notBefore, DateTimeOffset now, CancellationToken cancellationToken) =>
        await writer.CommitAsync(new FleetCommit().Put(runner, runner.Move(RunnerState.Pending, reason, now) with
        {
            Reason = reason,
            ImageBuildId = null,
            NotBefore = notBefore,
            Deadline = runner.CreatedAt.AddSeconds(options.CurrentValue.Timing.RunnerTtlSeconds),
        }), cancellationToken).ConfigureAwait(false);

    private async Task<ImageOutcome> AskAsync(Func<IImageBuilder, CancellationToken, Task<ImageOutcome>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await Bounded.CallAsync(t => ask(_builder!, t), TimeSpan.FromSeconds(options.CurrentValue.Timing.LaunchTimeoutSeconds), clock, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // an exception from a builder counts as Unknown (IImageBuilder)
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return new ImageOutcome.Unknown($"it failed ({e.GetType().Name})");
        }
    }
}
