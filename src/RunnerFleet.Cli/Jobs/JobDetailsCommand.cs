using System.CommandLine;
using System.Globalization;
using RunnerFleet.Cli.CommandLine;
using RunnerFleet.Cli.Output;
using RunnerFleet.Cli.Runners;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.Cli.Jobs;

internal sealed class JobDetailsCommand : ToolCommand
{
    private readonly Argument<JobKey> _key = new("key")
    {
        Description = "Number of the job at GitHub, HOST/NUMBER where it is not of github.com, or the job's address.",
        CustomParser = result =>
        {
            var text = result.Tokens.Single().Value.Trim();
            if (JobKeyText.Read(text) is { } key)
            {
                return key;
            }

            result.AddError($"'{ShownText.OneLine(text)}' is no job: write its number at GitHub, such as 40000000001, HOST/NUMBER, or its address.");
            return default;
        },
    };

    public JobDetailsCommand() : base("details", "Says why a job is where it is, and shows its runner and its history.")
    {
        Add(_key);
        Examples = ["jobs details 40000000001", "jobs details https://github.com/octo-org/repo-1/actions/runs/1/job/40000000001"];
    }

    public override async Task<Answer> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var (fleet, key) = (context.Connection.Fleet, context.Arguments.GetRequiredValue(_key));
        if (await fleet.GetJobAsync(key, cancellationToken).ConfigureAwait(false) is not { } job)
        {
            return Answer.Nothing(await WhyUnknownAsync(fleet, key, cancellationToken).ConfigureAwait(false));
        }

        var runner = job.RunnerId is { } id ? await fleet.GetRunnerAsync(id, cancellationToken).ConfigureAwait(false) : null;
        var why = JobExplanation.Of(job, runner);
        return Answer.Of(JobDetailsDocument.Of(why, job, runner), ToolJson.Default.JobDetailsDocument, [.. Sections(why, job, runner, context.Now)]);
    }

    /// <summary>A job without a record may still have left a notice: labels that are somebody else's, for a day.</summary>
    private static async Task<string> WhyUnknownAsync(IRunnerFleet fleet, JobKey key, CancellationToken cancellationToken)
    {
        var overview = await fleet.GetOverviewAsync(cancellationToken).ConfigureAwait(false);
        return overview.Notices.FirstOrDefault(notice => notice.Subject == key.ToString()) is { } notice
            ? $"The fleet {fleet.Name} does not serve the job {key}. {notice.Reason}"
            : $"The fleet {fleet.Name} has no record of the job {key}: no webhook has told of it, it is not this fleet's, or the record has expired. Look at the webhook's recent deliveries at GitHub.";
    }

    private static IEnumerable<Section> Sections(JobExplanation why, Job job, Runner? runner, DateTimeOffset now) =>
    [
        Facts.Of(
            null,
            Fact.Of("job", job.Key.ToString()),
            new Fact("state", StateWords.CellOf(job.State)),
            Fact.Of("since", Times.AtAndAgo(job.StateSince, now)),
            Fact.Of("why", why.Text, job.State is JobState.Refused or JobState.GaveUp ? Tone.Bad : Tone.None),
            Fact.Of("code", why.Reason?.Code),
            Fact.Of("link", ReasonDocument.LinkOf(why.Reason?.Link)),
            Fact.Of("runner", job.RunnerId is { } id ? $"{id}{(runner is null ? ", no longer on record" : $", {StateWords.Of(runner.State)} for {Times.Length(now - runner.StateSince)}")}" : job.RunnerName),
            Fact.Of("runners so far", job.Launches > 0 ? job.Launches.ToString(CultureInfo.InvariantCulture) : null),
            Fact.Of("repository", job.Repository.FullName),
            Fact.Of("workflow", string.Join(" / ", new[] { job.WorkflowName, job.Name }.OfType<string>())),
            Fact.Of("run", job.RunId > 0 ? string.Create(CultureInfo.InvariantCulture, $"{job.RunId}{(job.RunAttempt > 0 ? $", attempt {job.RunAttempt}" : "")}") : null),
            Fact.Of("address", ReasonDocument.LinkOf(job.Url)),
            Fact.Of("labels", string.Join(' ', job.Labels)),
            Fact.Of("queued", Times.AtAndAgo(job.QueuedAt, now)),
            Fact.Of("recorded", Times.AtAndAgo(job.CreatedAt, now))),
        RunnerSections.History("History", job.History.Select(move => (move.At, move.From is { } from ? StateWords.Of(from) : null, StateWords.CellOf(move.To), move.Cause))),
    ];
}
