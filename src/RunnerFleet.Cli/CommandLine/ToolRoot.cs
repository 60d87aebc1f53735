using System.CommandLine;
using System.CommandLine.Help;
using RunnerFleet.Cli.Classes;
using RunnerFleet.Cli.Clusters;
using RunnerFleet.Cli.Jobs;
using RunnerFleet.Cli.Overview;
using RunnerFleet.Cli.Runners;

namespace RunnerFleet.Cli.CommandLine;

/// <summary>All commands and all options that they share.</summary>
internal sealed class ToolRoot : RootCommand
{
    public const string ToolName = "runnerfleet";

    public ToolRoot() : base("Shows the runners and jobs of a RunnerFleet on AWS, says why a job waits, and ends runners.")
    {
        Options = new GlobalOptions();
        Options.AddTo(this);
        Add(new StatusCommand());
        Add(new Command("jobs", "Jobs: what the fleet knows of them, and why they wait.") { new ListJobsCommand(), new JobDetailsCommand() });
        Add(new Command("runners", "Runners: where they are in their lives, and how to end one.") { new ListRunnersCommand(), new RunnerDetailsCommand(), new TerminateRunnerCommand() });
        Add(new Command("cluster", "The ECS cluster that runners live in.") { new ClusterStatusCommand() });
        Add(new ListClassSizesCommand());
        foreach (var option in base.Options)
        {
            option.Action = option switch
            {
                HelpOption { Action: HelpAction help } => new HelpWithExamples(help),
                VersionOption => new WriteVersion(),
                _ => option.Action,
            };
        }
    }

    public new GlobalOptions Options { get; }
}
