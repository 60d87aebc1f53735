using FsCheck;
using FsCheck.Xunit;
using RunnerFleet.Runners;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Sdk.Tests.Lives;

public sealed class RunnerTransitionsProperties
{
    private static readonly Reason s_cause = Reason.Of("TEST", "A test says so.");

    [Property]
    public bool A_final_state_has_no_way_out_and_every_other_leads_to_both(RunnerState from, RunnerState to) => RunnerTransitions.IsTerminal(from)
        ? from is RunnerState.Offline or RunnerState.Failed && !RunnerTransitions.CanMove(from, to)
        : RunnerTransitions.CanMove(from, RunnerState.Offline) && RunnerTransitions.CanMove(from, RunnerState.Failed);

    [Fact]
    public void The_only_circles_are_those_back_to_pending()
    {
        var forward = RunnerTransitions.Allowed.SelectMany(row => row.Value.Select(to => (From: row.Key, To: to))).Where(move => move.To != RunnerState.Pending).ToList();
        Assert.Equal([RunnerState.ImageCreating, RunnerState.Starting], Enum.GetValues<RunnerState>().Where(from => RunnerTransitions.CanMove(from, RunnerState.Pending)));
        Assert.All(forward, move => Assert.True(move.From < move.To, $"{move.From} to {move.To} goes back.")); // the states are declared in the order of a life
    }

    [Property(MaxTest = 1000, EndSize = 400)]
    public bool Whatever_is_tried_a_runner_never_leaves_its_table_and_its_history_tells_each_move_in_order((RunnerState To, byte How)[] tries)
    {
        var runner = SampleRecords.Runner(1) with { Places = ["fleet"] };
        var told = runner.History.ToList();
        for (var i = 0; i < tries.Length; i++)
        {
            var now = runner.CreatedAt.AddSeconds(i);
            var (to, how) = tries[i];
            var before = runner;
            switch (how % 8)
            {
                case < 5: // most, so that a life grows longer than what is kept of it
                    runner = runner.Note(s_cause, now);
                    told.Add(new RunnerMove { At = now, From = before.State, To = before.State, Cause = s_cause });
                    break;
                case 5 when to is RunnerState.Failed or RunnerState.Offline && !runner.IsTerminal && i > tries.Length - 10:
                    runner = runner.End(to == RunnerState.Failed, s_cause, now, TimeSpan.FromDays(1));
                    told.Add(new RunnerMove { At = now, From = before.State, To = to, Cause = s_cause });
                    break;
                default:
                    if (RunnerTransitions.CanMove(before.State, to) && (i > tries.Length - 10 || !RunnerTransitions.IsTerminal(to)))
                    {
                        runner = runner.Move(to, s_cause, now);
                        told.Add(new RunnerMove { At = now, From = before.State, To = to, Cause = s_cause });
                    }
                    else if (!RunnerTransitions.CanMove(before.State, to) && Record.Exception(() => before.Move(to, s_cause, now)) is not InvalidOperationException)
                    {
                        return false;
                    }

                    break;
            }

            if ((runner.State != before.State && (!RunnerTransitions.CanMove(before.State, runner.State) || runner.StateSince != now)) || (before.IsTerminal && runner.State != before.State))
            {
                return false;
            }
        }

        // Of a very long life the first line and the latest are kept.
        var kept = told.Count <= 200 ? told : [told[0], .. told.TakeLast(199)];
        return runner.History.SequenceEqual(kept);
    }
}
