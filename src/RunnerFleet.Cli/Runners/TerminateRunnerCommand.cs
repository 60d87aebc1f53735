using System.CommandLine;
using RunnerFleet.Cli.CommandLine;
using RunnerFleet.Cli.Connection;
using RunnerFleet.Cli.Output;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;

namespace RunnerFleet.Cli.Runners;

internal sealed class TerminateRunnerCommand : ToolCommand
{
    private readonly Argument<string> _id = RunnerIdArgument.Create();
    private readonly Option<bool> _force = new("--force", "-f") { Description = "End it even if it runs a job, which is killed. With --cluster its task is told to stop at once." };
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Do not ask before --force." };

    public TerminateRunnerCommand() : base("terminate", "Ends a runner: records the request, which the fleet carries out. One that runs a job is left alone, but for --force.")
    {
        Add(_id);
        Add(_force);
        Add(_yes);
        Examples = ["runners terminate 01KJMTV840PDZQ0D6AG0DPR5CX", "runners terminate 01KJMTV840PDZQ0D6AG0DPR5CX --force --cluster ci-runners"];
    }

    public override async Task<Answer> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var (fleet, id, force) = (context.Connection.Fleet, context.Arguments.GetRequiredValue(_id), context.Arguments.GetValue(_force));
        if (force)
        {
            var runner = await fleet.GetRunnerAsync(id, cancellationToken).ConfigureAwait(false);
            if (runner is { IsTerminal: false })
            {
                TaskStopper.CheckCluster(runner, context.Settings.Cluster);
                if (!context.Arguments.GetValue(_yes) && !await IsMeantAsync(runner, context.Questions, cancellationToken).ConfigureAwait(false))
                {
                    return Answer.Nothing("Nothing was done.");
                }
            }
        }

        return await fleet.TerminateAsync(id, force, cancellationToken).ConfigureAwait(false) switch
        {
            TerminateOutcome.Ending ending => await EndingAsync(ending.Runner, force, context, cancellationToken).ConfigureAwait(false),
            TerminateOutcome.AlreadyEnded ended => Say(ended.Runner, TerminationResult.AlreadyEnded, force, null, ExitCode.NotFound, $"The runner {id} had ended before ({StateWords.Of(ended.Runner.State)}). Nothing was done."),
            TerminateOutcome.RunsJob busy => Say(busy.Runner, TerminationResult.RunsJob, force, null, ExitCode.RunsJob, $"The runner {id} runs {JobOf(busy.Runner)} and was left alone. --force ends it and kills its job."),
            _ => Answer.Nothing(RunnerDetailsCommand.NoRunner(id, fleet)),
        };
    }

    private static async Task<bool> IsMeantAsync(Runner runner, Questions questions, CancellationToken cancellationToken)
    {
        if (!questions.CanBeAsked)
        {
            throw new UsageException("--force may kill a job. There is nobody to ask here: add --yes if it is meant.");
        }

        var what = runner.State == RunnerState.Running ? $"runs {JobOf(runner)} since {Times.At(runner.StateSince)}. The job will be killed" : $"is {StateWords.Of(runner.State)}. Should a job begin meanwhile, it will be killed";
        var answer = await questions.AskAsync($"The runner {runner.Id} of {ShownText.OneLine(runner.Repository.FullName)} {what}. Go on? [y/N]", cancellationToken).ConfigureAwait(false);
        return answer.ToLowerInvariant() is "y" or "yes";
    }

    private static async Task<Answer> EndingAsync(Runner runner, bool force, CommandContext context, CancellationToken cancellationToken)
    {
        const string Next = "The fleet ends it with its next drain or sweep.";
        var recorded = $"The end of the runner {runner.Id} is recorded{(runner.Closing is { Force: true } ? ", by force" : "")}.";
        if (!force || context.Settings.Cluster is null)
        {
            return Say(runner, TerminationResult.Ending, force, null, ExitCode.Ok, $"{recorded} {Next}");
        }

        var (stop, words) = await TaskStopper.StopAsync(runner, context, cancellationToken).ConfigureAwait(false);
        return Say(runner, TerminationResult.Ending, force, stop, stop == TaskStop.Failed ? ExitCode.PartlyDone : ExitCode.Ok, $"{recorded} {words} {Next}");
    }

    private static Answer Say(Runner runner, TerminationResult result, bool force, TaskStop? stop, ExitCode code, string words) =>
        Answer.Of(new TerminationDocument(result, force, stop, RunnerDocument.Of(runner)), ToolJson.Default.TerminationDocument) with { Code = code, Notes = [words] };

    private static string JobOf(Runner runner) => runner.Job is { } job ? $"the job {job}" : "a job";
}
