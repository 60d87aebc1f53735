using System.CommandLine;
using RunnerFleet.Cli.CommandLine;
using RunnerFleet.Cli.Output;

namespace RunnerFleet.Cli.Runners;

internal sealed class RunnerDetailsCommand : ToolCommand
{
    private readonly Argument<string> _id = RunnerIdArgument.Create();

    public RunnerDetailsCommand() : base("details", "Shows everything of a runner: its reason, its job, its task, how long each state took, and its history.")
    {
        Add(_id);
        Examples = ["runners details 01KJMTV840PDZQ0D6AG0DPR5CX"];
    }

    public override async Task<Answer> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var (fleet, id) = (context.Connection.Fleet, context.Arguments.GetRequiredValue(_id));
        if (await fleet.GetRunnerAsync(id, cancellationToken).ConfigureAwait(false) is not { } runner)
        {
            return Answer.Nothing(NoRunner(id, fleet));
        }

        var job = runner.Job is { } key ? await fleet.GetJobAsync(key, cancellationToken).ConfigureAwait(false) : null;
        return Answer.Of(RunnerDetailsDocument.Of(runner, job, context.Now), ToolJson.Default.RunnerDetailsDocument, [.. RunnerSections.Of(runner, job, context.Now)]);
    }

    public static string NoRunner(string id, IRunnerFleet fleet) => $"The fleet {fleet.Name} has no record of the runner {id}: there never was one, or the record has expired. Is --fleet right?";
}
