using RunnerFleet.Cli.CommandLine;
using RunnerFleet.Cli.Output;
using RunnerFleet.Jobs;

namespace RunnerFleet.Cli.Jobs;

internal sealed class ListJobsCommand : ToolCommand
{
    private const int NameLength = 40;
    private const int ReasonLength = 60;
    private static readonly IReadOnlyList<JobState> s_open = [.. Enum.GetValues<JobState>().Where(state => !JobTransitions.IsTerminal(state))];

    private readonly ListOptions<JobState> _options;

    public ListJobsCommand() : base("list", "Lists jobs, newest first. At first those that are not completed.")
    {
        _options = new(this, s_open, "Also completed jobs.");
        Examples = ["jobs list", "jobs list --state QUEUED,REFUSED,GAVE_UP"];
    }

    public override async Task<Answer> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var (fleet, states) = (context.Connection.Fleet, _options.States(context.Arguments));
        var (jobs, hasMore) = await Pages.ReadAsync(_options.Limit(context.Arguments), (take, continuation) =>
            fleet.ListJobsAsync(new() { States = states, Take = take, Continuation = continuation }, cancellationToken)).ConfigureAwait(false);
        var document = new ListDocument<JobDocument>([.. jobs.Select(JobDocument.Of)], hasMore);
        return Answer.Of(document, ToolJson.Default.ListDocumentJobDocument, Table(jobs, context.Now) with
        {
            WhenEmpty = _options.ShowsDefault(context.Arguments) ? $"No job of the fleet {fleet.Name} is open. Completed ones: --all" : $"No such job in the fleet {fleet.Name}.",
        }) with { Notes = hasMore ? [$"These are the newest {jobs.Count}; there are more. Raise --limit to see them."] : [] };
    }

    private static Grid Table(IReadOnlyList<Job> jobs, DateTimeOffset now) => new(
        null,
        ["job", "state", "repository", "name", "runner", "since", "reason"],
        [.. jobs.Select(job => new Cell[]
        {
            job.Key.ToString(),
            StateWords.CellOf(job.State),
            job.Repository.FullName,
            job.Name is { } name ? ShownText.Cut(name, NameLength) : null,
            job.RunnerId ?? job.RunnerName,
            Times.Length(now - job.StateSince),
            job.Diagnostic is { } reason ? ShownText.Cut(reason.ToString(), ReasonLength) : job.Conclusion,
        })]);
}
