using System.Runtime.ExceptionServices;

namespace RunnerFleet.Testing.Simulation;

/// <summary>
/// Runs a whole fleet, the real engine, in a world that misbehaves by choice: hours of fleet time in milliseconds, every order of answers and every fault
/// decided by a seed. The promises of the fleet are checked at every step. For authors of stores, launchers and policies: put yours before, or in place of, the simulated ones.
/// </summary>
public static class FleetSimulator
{
    private const int StackBytes = 64 * 1024 * 1024; // an answer runs what waited for it at once, which may answer the next

    /// <summary>Runs one plan.</summary>
    /// <returns>How it ended; a broken promise is in <see cref="SimulationReport.Violation"/>.</returns>
    /// <exception cref="InvalidOperationException">The code under simulation left its thread, so that the run could not be replayed.</exception>
    public static SimulationReport Run(SimulationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        SimulationReport? report = null;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                report = Play(plan);
            }
#pragma warning disable CA1031 // it is thrown again on the caller's thread
            catch (Exception e)
#pragma warning restore CA1031
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        }, StackBytes);
        thread.Start();
        thread.Join();
        failure?.Throw();
        return report!;
    }

    /// <summary>Looks for the shortest beginning of choices with which a failing plan still fails, and runs that with its log.</summary>
    /// <param name="failed">A report with a violation.</param>
    /// <exception cref="ArgumentException">Nothing was violated.</exception>
    public static SimulationReport Shrink(SimulationReport failed)
    {
        ArgumentNullException.ThrowIfNull(failed);
        if (failed.Violation is null)
        {
            throw new ArgumentException("There is nothing to shrink: no promise was broken.", nameof(failed));
        }

        // Fewer choices need not fail just because more do, so the search is for a small number, not for a proof that it is the smallest.
        var (holds, fails) = (-1L, failed.Choices);
        while (fails - holds > 1)
        {
            var middle = holds + ((fails - holds) / 2);
            if (Run(failed.Plan with { Choices = middle, KeepsLog = false }).Violation is null)
            {
                holds = middle;
            }
            else
            {
                fails = middle;
            }
        }

        return Run(failed.Plan with { Choices = fails, KeepsLog = true });
    }

    private static SimulationReport Play(SimulationPlan plan)
    {
        var world = new World(plan);
        string? violation = null;
        try
        {
            world.Play();
        }
        catch (PromiseBrokenException broken)
        {
            violation = broken.Message;
        }
        finally
        {
            (world.Store as IDisposable)?.Dispose();
        }

        return new SimulationReport
        {
            Plan = plan,
            Violation = violation,
            Steps = world.Time.Steps,
            Choices = world.Chance.Made,
            Simulated = world.Time.Now - world.Time.Start,
            Jobs = world.GitHub.Jobs.Count,
            Launches = world.Compute.Launches,
            Crashes = world.Crashes,
            LogHash = world.Log.Hash,
            Log = world.Log.Lines,
        };
    }
}
