using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using static RunnerFleet.Testing.Fakes.SampleRecords;

namespace RunnerFleet.Sdk.Tests.Lives;

public sealed class JobExplanationTests
{
    private static readonly Job s_queued = Job(1) with { RunnerId = RunnerId(1), Launches = 1 };
    private static readonly Runner s_runner = Runner(1) with { Job = JobKey(1) };

    [Fact]
    public void A_job_that_waits_for_its_runner_says_what_the_runner_waits_for()
    {
        var limit = Reason.Of(ReasonCodes.LimitReached, "The fleet has 5 runners, as many as its limit.");
        Says(limit, "Its runner is not launched yet. The fleet has 5 runners, as many as its limit.", s_queued, s_runner with { Reason = limit });

        var capacity = Reason.Of(ReasonCodes.NoCapacity, "Fargate has no capacity in eu-central-1a.");
        Says(capacity, "Its runner is not launched yet. Fargate has no capacity in eu-central-1a. It is tried again at 2026-03-01 12:05:00Z.", s_queued, s_runner with { Reason = capacity, NotBefore = At(300) });

        var turn = Reason.Of(ReasonCodes.Queued, "Waits for its turn.");
        Says(turn, "Its runner is not launched yet. Waits for its turn. The next drain takes it up, within seconds. If this lasts, no host of the fleet is running.", s_queued, s_runner with { Reason = turn });

        var image = Reason.Of(ReasonCodes.ImageBuilding, "Build fleet:42 runs since 12:00.");
        Says(image, "The image of its runner is being built. Build fleet:42 runs since 12:00.", s_queued, s_runner with { State = RunnerState.ImageCreating, Reason = image });

        Says(null, "Its runner is being launched.", s_queued, s_runner with { State = RunnerState.Starting });
    }

    [Fact]
    public void A_launched_runner_is_told_by_how_far_it_got()
    {
        var launched = s_runner with { State = RunnerState.WaitingForJob, Attempt = 1 };
        Says(null, "Its runner was launched and has not asked for its registration yet. If this lasts, its compute does not come up, or cannot reach the control plane.", s_queued, launched);

        var outage = Reason.Of(ReasonCodes.RegistrationWaits, "GitHub answers 503.");
        Says(outage, "Its runner has its registration and is not seen online yet. GitHub answers 503.", s_queued, launched with { Claims = 1, Reason = outage });
        Says(null, "Its runner is online and waits for GitHub to give it the job.", s_queued, launched with { Claims = 1, OnlineAt = At(30) });
        Says(null, $"Its runner {RunnerId(1)} runs a job. When GitHub says that it is another one, this job gets a runner of its own.", s_queued, launched with { State = RunnerState.Running });
    }

    [Fact]
    public void A_runner_that_ends_is_followed_by_another()
    {
        var cause = Reason.Of(ReasonCodes.Terminated, "Ended by request.");
        Says(cause, "Its runner is ending. Ended by request. Another one is recorded for it when that has ended.", s_queued, s_runner with { State = RunnerState.WaitingForJob, Closing = new() { Cause = cause, At = At(5) } });

        var died = Reason.Of(ReasonCodes.ComputeStopped, "Its compute ended with exit code 137.");
        var unserved = s_queued with { RunnerId = null, Diagnostic = died };
        Says(died, "It has no runner at present. Its compute ended with exit code 137. Another runner is recorded for it with the next drain or sweep. If this lasts, no host of the fleet is running.", unserved, null);
        Says(died, "It has no runner at present. Its compute ended with exit code 137. GitHub is asked about it, and another runner recorded, at 2026-03-01 12:01:00Z.", unserved with { NotBefore = At(60) }, null);
        Says(null, "It has no runner at present. Another runner is recorded for it with the next drain or sweep. If this lasts, no host of the fleet is running.", s_queued, s_runner with { State = RunnerState.Offline });
    }

    [Fact]
    public void A_job_that_gets_no_runner_says_what_to_do()
    {
        var refused = Reason.Of(ReasonCodes.UnknownClass, "There is no class 'huge'. Add it, or correct runs-on.");
        Says(refused, "The fleet refused it. There is no class 'huge'. Add it, or correct runs-on. Once the cause is mended, redeliver its webhook or run the job again.", Job(1) with { State = JobState.Refused, Diagnostic = refused }, null);

        var gaveUp = Reason.Of(ReasonCodes.TriesExhausted, "The last reason: GitHub refuses to register runners here.");
        Says(gaveUp, "The fleet gave it up after 8 runners. The last reason: GitHub refuses to register runners here. Once the cause is mended, run the job again.", Job(1) with { State = JobState.GaveUp, Launches = 8, Diagnostic = gaveUp }, null);
        Says(null, "It waits for an approval at GitHub. Nothing is launched before.", Job(1) with { State = JobState.Waiting }, null);
    }

    [Fact]
    public void A_job_that_runs_or_is_over_names_its_runner_or_its_conclusion()
    {
        Says(null, $"It runs on the runner {RunnerId(1)}.", s_queued with { State = JobState.InProgress }, s_runner with { State = RunnerState.Running });
        Says(null, "It runs on somebody-elses, which is not a runner on record here.", Job(1) with { State = JobState.InProgress, RunnerName = "somebody-elses" }, null);
        Says(null, "It is over: failure.", Job(1) with { State = JobState.Completed, Conclusion = "failure" }, null);
        Says(null, "It is over.", Job(1) with { State = JobState.Completed }, null);
    }

    private static void Says(Reason? reason, string text, Job job, Runner? runner)
    {
        var explanation = JobExplanation.Of(job, runner);
        Assert.Equal((reason, text), (explanation.Reason, explanation.Text));
    }
}
