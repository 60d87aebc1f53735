using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RunnerFleet.Compute;

namespace RunnerFleet.Local.Processes;

/// <summary>Stops computes: says so in their folder, which their supervisor minds, and sees to it that it happens.</summary>
internal sealed class ComputeStopper(ProcessLauncherOptions options, ComputeInspector inspector, TimeProvider clock, ILogger logger) : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _disposed = new();
    private readonly ConcurrentDictionary<string, bool> _finishing = new();

    public StopOutcome Stop(ComputeFolder folder, string reason)
    {
        var first = !folder.IsToStop;
        if (!inspector.Look(folder).IsOver)
        {
            folder.WriteStop(new StopRecord { At = clock.GetUtcNow(), Reason = reason });
        }

        if (inspector.Look(folder).IsOver)
        {
            return StopOutcome.Stopped.Instance;
        }

        if (first)
        {
            logger.StopAsked(ComputeFolders.IdOf(folder.Identity), reason);
            AskOrphans(folder);
        }

        _ = FinishAsync(folder);
        return StopOutcome.Stopping.Instance;
    }

    public void Dispose()
    {
        if (!_disposed.IsCancellationRequested) // a container disposes what it gave out under several names several times
        {
            _disposed.Cancel();
            _disposed.Dispose();
        }
    }

    /// <summary>A supervisor minds <c>stop.json</c>. Where it is dead, its processes are told by us.</summary>
    private void AskOrphans(ComputeFolder folder)
    {
        if (!folder.IsSupervised() && ComputeInspector.MembersOf(folder) is { Count: > 0 } orphans)
        {
            logger.OrphansAsked(ComputeFolders.IdOf(folder.Identity), orphans.Count);
            ProcessTree.Ask(orphans);
        }
    }

    /// <summary>Looks, which kills what is overdue, until it is over. Should this host crash, any later look does the same.</summary>
    private async Task FinishAsync(ComputeFolder folder)
    {
        if (!_finishing.TryAdd(folder.Path, true))
        {
            return;
        }

        try
        {
            var patience = TimeSpan.FromSeconds(options.StopGraceSeconds) + TimeSpan.FromMinutes(1);
            for (var end = clock.GetUtcNow() + patience; clock.GetUtcNow() < end && !inspector.Look(folder).IsOver;)
            {
                await Task.Delay(PollInterval, clock, _disposed.Token).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // The host ends.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.LookFailed(exception, ComputeFolders.IdOf(folder.Identity));
        }
        finally
        {
            _finishing.TryRemove(folder.Path, out _);
        }
    }
}
