using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using static RunnerFleet.Testing.Fakes.SampleRecords;

namespace RunnerFleet.Cli.Tests;

public sealed class JobsTests
{
    [Fact]
    public async Task Open_jobs_are_listed_newest_first()
    {
        await using var world = await CliWorld.CreateAsync();
        await world.AddAsync(
            Job(1) with { State = JobState.Refused, Name = "deploy", Diagnostic = Reason.Of(ReasonCodes.UnknownClass, "There is no class 'huge'. Add it, or correct runs-on."), Deadline = At(7200) },
            Job(2) with { State = JobState.InProgress, Name = "a job whose name is longer than anybody would think", RunnerId = RunnerId(2), Deadline = At(7200) },
            Job(3) with { State = JobState.Completed, Conclusion = "success", RunnerName = "somebody-elses", ExpiresAt = At(900_000) });

        (await world.RunAsync("jobs", "list")).MustSay(ExitCode.Ok, $"""
            JOB                     STATE        REPOSITORY       NAME                                      RUNNER                      SINCE  REASON
            github.com/40000000002  IN_PROGRESS  octo-org/repo-1  a job whose name is longer than anybo...  {RunnerId(2)}  9m58s  -
            github.com/40000000001  REFUSED      octo-org/repo-1  deploy                                    -                           9m59s  UNKNOWN_CLASS: There is no class 'huge'. Add it, or corre...
            """);
        (await world.RunAsync("jobs", "list", "--state", "COMPLETED")).MustSay(ExitCode.Ok, """
            JOB                     STATE      REPOSITORY       NAME  RUNNER          SINCE  REASON
            github.com/40000000003  COMPLETED  octo-org/repo-1  -     somebody-elses  9m57s  success
            """);
        Assert.Equal(["COMPLETED", "IN_PROGRESS", "REFUSED"], (await world.RunAsync("jobs", "list", "--all", "--output", "json")).Json["items"]!.AsArray().Select(item => (string?)item!["state"]));
        (await world.RunAsync("jobs", "list", "--fleet", "other")).MustSay(ExitCode.Ok, "No job of the fleet other is open. Completed ones: --all");
    }

    [Fact]
    public async Task A_job_that_waits_for_a_place_says_so_with_the_cure()
    {
        await using var world = await CliWorld.CreateAsync();
        await world.QueueAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        var key = await world.QueueAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(5));
        var (job, runner) = ((await world.Fleet.GetJobAsync(key, world.Cancel))!, await world.RunnerOfAsync(key));
        Assert.Equal(ReasonCodes.LimitReached, runner.Reason!.Code);

        (await world.RunAsync("jobs", "details", key.ToString())).MustSay(ExitCode.Ok, $"""
            job             {key}
            state           QUEUED
            since           2026-03-01 12:12:00Z (5m00s ago)
            why             Its runner is not launched yet. {runner.Reason.Message}
            code            LIMIT_REACHED
            runner          {runner.Id}, PENDING for 5m00s
            runners so far  1
            repository      acme/app
            workflow        {job.WorkflowName} / {job.Name}
            run             {job.RunId}, attempt {job.RunAttempt}
            address         {job.Url}
            labels          self-hosted class:small
            queued          2026-03-01 12:12:00Z (5m00s ago)
            recorded        2026-03-01 12:12:00Z (5m00s ago)

            History
            AT                    STATE   CODE    WHAT HAPPENED
            2026-03-01 12:12:00Z  QUEUED  QUEUED  {job.History[0].Cause.Message}
            """);
    }

    [Fact]
    public async Task A_document_has_the_reason_the_job_its_runner_and_the_history()
    {
        await using var world = await CliWorld.CreateAsync();
        await world.QueueAsync();
        var key = await world.QueueAsync();
        var runner = await world.RunnerOfAsync(key);

        var run = await world.RunAsync("jobs", "details", $"https://github.com/acme/app/actions/runs/1/job/{key.Id}?pr=2", "--output", "json");

        Assert.Equal(ExitCode.Ok, run.Code);
        Assert.Equal(("LIMIT_REACHED", $"Its runner is not launched yet. {runner.Reason!.Message}"), ((string?)run.Json["why"]!["code"], (string?)run.Json["why"]!["text"]));
        Assert.Equal((key.Id, runner.Id), ((long)run.Json["job"]!["id"]!, (string?)run.Json["runner"]!["id"]));
        Assert.NotEmpty(run.Json["history"]!.AsArray());
    }

    [Fact]
    public async Task A_refused_job_names_the_cure()
    {
        await using var world = await CliWorld.CreateAsync();
        var key = await world.QueueAsync("self-hosted", "class:huge");

        var run = await world.RunAsync("jobs", "details", key.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), "--output", "json");

        Assert.Equal(("REFUSED", "UNKNOWN_CLASS"), ((string?)run.Json["job"]!["state"], (string?)run.Json["why"]!["code"]));
        Assert.StartsWith("The fleet refused it. ", (string)run.Json["why"]!["text"]!, StringComparison.Ordinal);
        Assert.EndsWith("Once the cause is mended, redeliver its webhook or run the job again.", (string)run.Json["why"]!["text"]!, StringComparison.Ordinal);
        Assert.Null(run.Json["runner"]);
    }

    [Fact]
    public async Task A_job_of_other_labels_is_told_from_one_that_nobody_heard_of()
    {
        await using var world = await CliWorld.CreateAsync();
        var others = await world.QueueAsync("self-hosted", "gpu");

        var notOurs = await world.RunAsync("jobs", "details", others.ToString());
        Assert.Equal((ExitCode.NotFound, ""), (notOurs.Code, notOurs.Output));
        Assert.StartsWith($"The fleet default does not serve the job {others}. NOT_OURS: ", notOurs.Error, StringComparison.Ordinal);
        Assert.Contains("gpu", notOurs.Error, StringComparison.Ordinal);

        (await world.RunAsync("jobs", "details", "ghe.example/42")).MustSay(ExitCode.NotFound, "",
            "The fleet default has no record of the job ghe.example/42: no webhook has told of it, it is not this fleet's, or the record has expired. Look at the webhook's recent deliveries at GitHub.");
    }

    [Theory]
    [InlineData("forty-two")]
    [InlineData("https://github.com/acme/app/actions/runs/1")]
    [InlineData("a/b/42")]
    [InlineData("-1")]
    public async Task What_is_no_job_is_a_mistake(string text)
    {
        await using var world = await CliWorld.CreateAsync();

        var run = await world.RunAsync("jobs", "details", text);

        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Empty(world.Account.Calls);
    }
}
