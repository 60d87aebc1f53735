using RunnerFleet.Cli.CommandLine;
using RunnerFleet.Cli.Output;
using RunnerFleet.Runners;

namespace RunnerFleet.Cli.Runners;

internal sealed class ListRunnersCommand : ToolCommand
{
    private const int ReasonLength = 60;
    private static readonly IReadOnlyList<RunnerState> s_living = [.. Enum.GetValues<RunnerState>().Where(state => !RunnerTransitions.IsTerminal(state))];

    private readonly ListOptions<RunnerState> _options;

    public ListRunnersCommand() : base("list", "Lists runners, newest first. At first those that live.")
    {
        _options = new(this, s_living, "Also runners that have ended.");
        Examples = ["runners list", "runners list --state PENDING --state STARTING", "runners list --all --limit 200 --output json"];
    }

    public override async Task<Answer> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var (fleet, states) = (context.Connection.Fleet, _options.States(context.Arguments));
        var (runners, hasMore) = await Pages.ReadAsync(_options.Limit(context.Arguments), (take, continuation) =>
            fleet.ListRunnersAsync(new() { States = states, Take = take, Continuation = continuation }, cancellationToken)).ConfigureAwait(false);
        var document = new ListDocument<RunnerDocument>([.. runners.Select(RunnerDocument.Of)], hasMore);
        return Answer.Of(document, ToolJson.Default.ListDocumentRunnerDocument, Table(runners, context.Now) with
        {
            WhenEmpty = _options.ShowsDefault(context.Arguments) ? $"No runner of the fleet {fleet.Name} lives. Those that have ended: --all" : $"No such runner in the fleet {fleet.Name}.",
        }) with { Notes = hasMore ? [$"These are the newest {runners.Count}; there are more. Raise --limit to see them."] : [] };
    }

    public static Grid Table(IReadOnlyList<Runner> runners, DateTimeOffset now) => new(
        null,
        ["id", "state", "class", "repository", "job", "since", "reason"],
        [.. runners.Select(runner => new Cell[]
        {
            runner.Id,
            StateWords.CellOf(runner.State),
            runner.Plan?.ClassName ?? runner.Spec.ClassName,
            runner.Repository.FullName,
            runner.Job?.ToString(),
            Times.Length(now - runner.StateSince),
            ReasonOf(runner),
        })]);

    private static Cell ReasonOf(Runner runner) => (runner.Closing?.Cause ?? runner.Reason) is { } reason
        ? new(ShownText.Cut($"{(runner is { Closing: not null, IsTerminal: false } ? "ending: " : "")}{reason}", ReasonLength), runner.State == RunnerState.Failed ? Tone.Bad : Tone.None)
        : default;
}
