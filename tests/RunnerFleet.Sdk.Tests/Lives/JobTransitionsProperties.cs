using FsCheck;
using FsCheck.Xunit;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Sdk.Tests.Lives;

public sealed class JobTransitionsProperties
{
    private static readonly Reason s_cause = Reason.Of("TEST", "A test says so.");

    [Property]
    public bool Completed_alone_is_final_and_every_other_state_leads_to_it(JobState from, JobState to) => JobTransitions.IsTerminal(from)
        ? from == JobState.Completed && !JobTransitions.CanMove(from, to)
        : JobTransitions.CanMove(from, JobState.Completed);

    [Property]
    public bool A_job_seen_in_progress_is_never_queued_again(JobState to) => !JobTransitions.CanMove(JobState.InProgress, to) || to == JobState.Completed;

    /// <summary>A redelivery may reopen REFUSED; nothing else goes in a circle.</summary>
    [Fact]
    public void The_only_circles_are_those_through_refused()
    {
        var left = JobTransitions.Allowed.Keys.Where(state => state != JobState.Refused).ToHashSet();
        while (left.FirstOrDefault(state => !JobTransitions.Allowed[state].Any(left.Contains), (JobState)(-1)) is var end && left.Remove(end))
        {
        }

        Assert.Empty(left);
    }

    [Property(MaxTest = 1000, EndSize = 300)]
    public bool Whatever_is_tried_a_job_never_leaves_its_table_and_its_history_tells_each_move_in_order((JobState To, bool Notes)[] tries)
    {
        var job = SampleRecords.Job(1);
        var told = job.History.ToList();
        for (var i = 0; i < tries.Length; i++)
        {
            var now = job.CreatedAt.AddSeconds(i);
            var (to, notes) = tries[i];
            var before = job;
            if (notes)
            {
                job = job.Note(s_cause, now);
                told.Add(new JobMove { At = now, From = before.State, To = before.State, Cause = s_cause });
            }
            else if (JobTransitions.CanMove(before.State, to))
            {
                job = job.Move(to, s_cause, now);
                told.Add(new JobMove { At = now, From = before.State, To = to, Cause = s_cause });
            }
            else if (Record.Exception(() => before.Move(to, s_cause, now)) is not InvalidOperationException)
            {
                return false;
            }

            if (job.State != before.State && (!JobTransitions.CanMove(before.State, job.State) || job.StateSince != now))
            {
                return false;
            }
        }

        var kept = told.Count <= 100 ? told : [told[0], .. told.TakeLast(99)];
        return job.History.SequenceEqual(kept);
    }
}
