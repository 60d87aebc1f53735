using System.Runtime.ExceptionServices;

namespace RunnerFleet.Testing.Simulation;

/// <summary>
/// Runs a whole fleet, the real engine, in a world that misbehaves by choice: hours of fleet time in milliseconds, every order of answers and every fault
/// decided by a seed. The promises of the fleet are checked at every step. For authors of stores, launchers and policies: put yours before, or in place of, the simulated ones.
/// </summary>
public static class FleetSimulator
{
    private const int Parts = 16;
    private const int MostRounds = 4;
    private const int StackBytes = 64 * 1024 * 1024; // an answer runs what waited for it at once, which may answer the next

    /// <summary>Runs one plan.</summary>
    /// <returns>How it ended; a broken promise is in <see cref="SimulationReport.Violation"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No host, no job, or a negative number.</exception>
    /// <exception cref="InvalidOperationException">The code under simulation left its thread, so that the run could not be replayed.</exception>
    public static SimulationReport Run(SimulationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentOutOfRangeException.ThrowIfLessThan(plan.Hosts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(plan.Jobs, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(plan.Burst);
        ArgumentOutOfRangeException.ThrowIfNegative(plan.Choices);
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

    /// <summary>
    /// Looks for a short beginning of choices with which a failing plan still breaks the same promise, and runs that with its log. What is found breaks it, and with one
    /// choice fewer it holds; that nothing shorter breaks it is likely, and not promised: fewer choices need not fail just because more do.
    /// </summary>
    /// <param name="failed">A report with a violation.</param>
    /// <exception cref="ArgumentException">Nothing was violated.</exception>
    public static SimulationReport Shrink(SimulationReport failed)
    {
        ArgumentNullException.ThrowIfNull(failed);
        if (failed.BrokenPromise is not { } promise)
        {
            throw new ArgumentException("There is nothing to shrink: no promise was broken.", nameof(failed));
        }

        bool Fails(long choices) => Run(failed.Plan with { Choices = choices, KeepsLog = false }).BrokenPromise == promise;
        var fails = Bisect(failed.Choices, Fails);
        for (var round = 0; round < MostRounds; round++)
        {
            var shorter = Enumerable.Range(0, Parts).Select(part => fails * part / Parts).Where(choices => choices < fails && Fails(choices)).FirstOrDefault(-1);
            if (shorter < 0)
            {
                break;
            }

            fails = Bisect(shorter, Fails);
        }

        return Run(failed.Plan with { Choices = fails, KeepsLog = true });
    }

    private static long Bisect(long fails, Func<long, bool> isFailing)
    {
        var holds = -1L;
        while (fails - holds > 1)
        {
            var middle = holds + ((fails - holds) / 2);
            (holds, fails) = isFailing(middle) ? (holds, middle) : (middle, fails);
        }

        return fails;
    }

    private static SimulationReport Play(SimulationPlan plan)
    {
        var world = new World(plan);
        PromiseBrokenException? violation = null;
        try
        {
            world.Play();
        }
        catch (PromiseBrokenException broken)
        {
            violation = broken;
        }
        catch (Exception e) when (world.Time.Escaped is null)
        {
            throw new InvalidOperationException($"Seed {plan.Seed} was ended by an exception: {e.Message}", e);
        }
        finally
        {
            (world.Store as IDisposable)?.Dispose();
        }

        return new SimulationReport
        {
            Plan = plan,
            Violation = violation?.Message,
            BrokenPromise = violation?.Number,
            Steps = world.Time.Steps,
            Choices = world.Chance.Made,
            Simulated = world.Time.Now - world.Time.Start,
            Jobs = world.GitHub.Jobs.Count,
            Launches = world.Compute.Launches,
            Crashes = world.Crashes,
            Troubles = world.Troubles,
            LogHash = world.Log.Hash,
            Log = world.Log.Lines,
        };
    }
}
