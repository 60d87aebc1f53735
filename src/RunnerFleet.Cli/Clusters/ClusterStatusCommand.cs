using System.CommandLine;
using RunnerFleet.Cli.CommandLine;
using RunnerFleet.Cli.Connection;
using RunnerFleet.Cli.Output;

namespace RunnerFleet.Cli.Clusters;

internal sealed class ClusterStatusCommand : ToolCommand
{
    private readonly Argument<string?> _cluster = new("cluster") { Description = "Name or ARN of the ECS cluster, instead of --cluster.", Arity = ArgumentArity.ZeroOrOne };

    public ClusterStatusCommand() : base("status", "Shows the tasks of the ECS cluster beside the fleet's records: by state, and which have no counterpart.")
    {
        Add(_cluster);
        Examples = ["cluster status ci-runners", "cluster status --cluster ci-runners --output json"];
    }

    public override ToolSettings Refine(ToolSettings settings, ParseResult arguments) => arguments.GetValue(_cluster) is { Length: > 0 } given ? settings with { Cluster = given } : settings;

    public override async Task<Answer> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var document = await new ClusterTasks(context.Connection.Ecs, context.Connection.Fleet).ReadAsync(context.Settings.NeededCluster, cancellationToken).ConfigureAwait(false);
        return Answer.Of(document, ToolJson.Default.ClusterDocument, [.. Sections(document, context)]);
    }

    private static IEnumerable<Section> Sections(ClusterDocument cluster, CommandContext context)
    {
        var fleet = context.Settings.Fleet;
        yield return new Grid($"Cluster {cluster.Cluster}: tasks", ["state", $"fleet {fleet}", "others"], [.. cluster.Tasks.GroupBy(task => task.LastStatus).Select(state => new Cell[]
        {
            ToneOf(state.Key), Count(state, task => task.Owner == TaskOwner.ThisFleet), Count(state, task => task.Owner != TaskOwner.ThisFleet),
        })]) { WhenEmpty = "None." };

        if (cluster.Tasks.Count > 0)
        {
            yield return new Grid(null, ["runner", "task", "last", "desired", "started", "remark"], [.. cluster.Tasks.Select(task => new Cell[]
            {
                task.RunnerId, task.TaskId, ToneOf(task.LastStatus), task.DesiredStatus, task.StartedAt is { } at ? Times.At(at) : null, RemarkOn(task),
            })]);
        }

        if (cluster.RunnersWithoutTask.Count > 0)
        {
            yield return new Grid("Runners on record whose task ECS does not know", ["runner", "state", "since", "task"], [.. cluster.RunnersWithoutTask.Select(runner => new Cell[]
            {
                runner.Id, StateWords.CellOf(runner.State), Times.Length(context.Now - runner.StateSince), new(runner.Compute!.Id, Tone.Bad),
            })]);
        }
    }

    private static Cell RemarkOn(TaskDocument task) => task switch
    {
        { Owner: TaskOwner.Others } => new("not a runner's"),
        { Owner: TaskOwner.AnotherFleet } => new("another fleet's"),
        { HasRecord: false } => new("no record: the sweep stops it", Tone.Bad),
        { StopCode: { } code } => new(task.StoppedReason is { } reason ? $"{code}: {reason}" : code),
        _ => default,
    };

    private static Cell ToneOf(string status) => new(status, status switch { "RUNNING" => Tone.Good, "STOPPED" => Tone.Past, _ => Tone.Busy });

    private static Cell Count(IEnumerable<TaskDocument> tasks, Func<TaskDocument, bool> of) => tasks.Count(of).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
