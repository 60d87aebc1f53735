using System.Collections.Concurrent;
using Docker.DotNet.Models;
using Microsoft.Extensions.Logging;

namespace RunnerFleet.Local.Docker;

/// <summary>
/// Tells containers to stop. The engine answers when the container has ended, which takes up to its whole grace time, so nobody waits for that here.
/// It kills by itself when the time is over, also when this host has ended meanwhile.
/// </summary>
internal sealed class ContainerStopper(EngineConnection engine, DockerLauncherOptions options, TimeProvider clock, ILogger logger)
{
    /// <summary>How much longer than the grace time an engine may take to answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, Lazy<Task<string?>>> _stops = new();

    /// <summary>Stops a container, or joins the stop that is under way. The task ends with the stop; it says what went wrong, if anything did.</summary>
    public Task<string?> Stop(Attempt attempt, string reason) => _stops.GetOrAdd(attempt.Container, _ => new Lazy<Task<string?>>(() => StopAsync(attempt, reason))).Value;

    private async Task<string?> StopAsync(Attempt attempt, string reason)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // the dictionary knows this task before it ends
        logger.StopAsked(attempt.Container, reason);
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(options.StopGraceSeconds) + Patience, clock);
        try
        {
            await engine.Client.Containers.StopContainerAsync(attempt.Container, new ContainerStopParameters { WaitBeforeKillSeconds = (uint)options.StopGraceSeconds }, late.Token).ConfigureAwait(false);
            return null;
        }
        catch (Exception exception) when (EngineConnection.IsNotFound(exception))
        {
            return null;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            var trouble = $"The Docker engine did not answer to a stop within {options.StopGraceSeconds + Patience.TotalSeconds} s.";
            logger.StopFailed(attempt.Container, trouble);
            return trouble; // whoever asks next sends it again
        }
        catch (Exception exception) when (EngineConnection.IsTrouble(exception) || exception is ObjectDisposedException)
        {
            var trouble = engine.TroubleReason(exception);
            logger.StopFailed(attempt.Container, trouble);
            return trouble;
        }
        finally
        {
            _stops.TryRemove(attempt.Container, out _);
        }
    }
}
