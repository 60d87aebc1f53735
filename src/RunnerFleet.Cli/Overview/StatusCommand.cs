using System.Globalization;
using RunnerFleet.Cli.CommandLine;
using RunnerFleet.Cli.Output;
using RunnerFleet.Runners;

namespace RunnerFleet.Cli.Overview;

internal sealed class StatusCommand : ToolCommand
{
    private const int MostPending = 1000;

    public StatusCommand() : base("status", "Shows the fleet at a glance: runners and jobs by state, why runners wait, places, open breakers, notices of the last day.") =>
        Examples = ["status --runner-table ci-runners --region eu-central-1"];

    public override async Task<Answer> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var fleet = context.Connection.Fleet;
        var overview = await fleet.GetOverviewAsync(cancellationToken).ConfigureAwait(false);
        var (pending, _) = await Pages.ReadAsync(MostPending, (take, continuation) =>
            fleet.ListRunnersAsync(new() { States = [RunnerState.Pending], Take = take, Continuation = continuation }, cancellationToken)).ConfigureAwait(false);
        var document = OverviewDocument.Of(overview, pending);
        return Answer.Of(document, ToolJson.Default.OverviewDocument, [.. Sections(document, context.Now)]);
    }

    private static IEnumerable<Section> Sections(OverviewDocument fleet, DateTimeOffset now)
    {
        yield return new Facts($"Fleet {fleet.Name}, runners", [.. fleet.Runners.Select(count => new Fact(StateWords.Of(count.Key), Count(count.Value, StateWords.CellOf(count.Key).Tone)))]);
        yield return new Facts("Jobs", [.. fleet.Jobs.Select(count => new Fact(StateWords.Of(count.Key), Count(count.Value, StateWords.CellOf(count.Key).Tone)))]);
        yield return new Grid("Runners that wait", ["code", "runners", "oldest", "why"], [.. fleet.Waits.Select(wait => new Cell[] { wait.Code, Number(wait.Runners), Times.Length(now - wait.OldestQueuedAt), wait.Message })]) { WhenEmpty = "None." };
        yield return new Grid("Places", ["limit of", "taken", "limit"], [.. fleet.Places.Select(place => new Cell[] { place.Key, Number(place.Taken), place.Limit is { } limit ? Number(limit) : "the hosts'" })]);
        yield return new Grid("Open breakers: launches wait", ["of", "since", "next probe", "why"], [.. fleet.Breakers.Select(breaker => new Cell[]
        {
            breaker.Key, Times.AtAndAgo(breaker.OpenedAt, now), Times.AtAndAgo(breaker.ProbeAt, now), new($"{breaker.Reason.Code}: {breaker.Reason.Message}", Tone.Bad),
        })]) { WhenEmpty = "None." };
        yield return new Grid("Notices of the last day", ["at", "code", "about", "what"], [.. fleet.Notices.Select(notice => new Cell[]
        {
            Times.At(notice.At), notice.Reason.Code, notice.Subject, notice.Reason.Message,
        })]) { WhenEmpty = "None." };
    }

    private static Cell Count(long count, Tone tone) => new(Number(count), count == 0 ? Tone.Past : tone);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
