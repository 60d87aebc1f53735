using RunnerFleet.Runners;
using static RunnerFleet.Testing.Fakes.SampleRecords;

namespace RunnerFleet.Cli.Tests;

public sealed class ListRunnersTests
{
    [Fact]
    public async Task Living_runners_are_listed_newest_first_in_plain_text()
    {
        await using var world = await CliWorld.CreateAsync();
        await world.AddAsync(
            Runner(1) with { Job = JobKey(1), Reason = Reason.Of(ReasonCodes.LimitReached, "The fleet has 50 runners, as many as its limit. Raise RunnerFleet:Limits:Fleet or wait."), Deadline = At(7200) },
            Runner(2) with { State = RunnerState.Running, Job = JobKey(2), StateSince = At(540), Deadline = At(7200), Spec = new() { ClassName = "small" } },
            Runner(3) with { State = RunnerState.Offline, ExpiresAt = At(900_000) });

        (await world.RunAsync("runners", "list")).MustSay(ExitCode.Ok, $"""
            ID                          STATE    CLASS  REPOSITORY       JOB                     SINCE  REASON
            {RunnerId(2)}  RUNNING  small  octo-org/repo-1  github.com/40000000002  1m00s  -
            {RunnerId(1)}  PENDING  -      octo-org/repo-1  github.com/40000000001  9m59s  LIMIT_REACHED: The fleet has 50 runners, as many as its l...
            """);
    }

    [Fact]
    public async Task All_of_them_those_of_some_states_or_no_more_than_a_number_can_be_asked_for()
    {
        await using var world = await CliWorld.CreateAsync();
        await world.AddAsync([.. Enumerable.Range(1, 5).Select(n => Runner(n) with { State = (RunnerState)(n + 1), Deadline = At(7200), ExpiresAt = n > 3 ? At(900_000) : null })]);

        Assert.Equal([3, 2, 1], await ListAsync());
        Assert.Equal([5, 4, 3, 2, 1], await ListAsync("--all"));
        Assert.Equal([5, 4], await ListAsync("-a", "-n", "2"));
        Assert.Equal([5], await ListAsync("--state", "failed"));
        Assert.Equal([4, 3, 1], await ListAsync("-s", "STARTING,OFFLINE", "-s", "RUNNING"));

        async Task<IEnumerable<int>> ListAsync(params string[] options)
        {
            var run = await world.RunAsync(["runners", "list", "--output", "json", .. options]);
            Assert.Equal(ExitCode.Ok, run.Code);
            return run.Json["items"]!.AsArray().Select(item => Enumerable.Range(1, 5).Single(n => RunnerId(n) == (string?)item!["id"]));
        }
    }

    [Fact]
    public async Task A_list_that_was_cut_says_so()
    {
        await using var world = await CliWorld.CreateAsync();
        await world.AddAsync([.. Enumerable.Range(1, 3).Select(n => Runner(n) with { Deadline = At(7200) })]);

        var cut = await world.RunAsync("runners", "list", "--limit", "2", "--output", "json");
        Assert.True((bool)cut.Json["hasMore"]!);
        Assert.Equal("These are the newest 2; there are more. Raise --limit to see them.\n", cut.Error);

        var whole = await world.RunAsync("runners", "list", "--limit", "3", "--output", "json");
        Assert.False((bool)whole.Json["hasMore"]!);
        Assert.Empty(whole.Error);
    }

    [Fact]
    public async Task More_than_a_page_is_read_page_by_page()
    {
        await using var world = await CliWorld.CreateAsync();
        foreach (var chunk in Enumerable.Range(1, 450).Chunk(90))
        {
            await world.AddAsync([.. chunk.Select(n => Runner(n) with { Deadline = At(7200) })]);
        }

        var run = await world.RunAsync("runners", "list", "--limit", "440", "--output", "json");

        Assert.Equal(Enumerable.Range(11, 440).Reverse().Select(RunnerId), run.Json["items"]!.AsArray().Select(item => (string?)item!["id"]));
    }

    [Fact]
    public async Task An_empty_list_says_where_the_others_are()
    {
        await using var world = await CliWorld.CreateAsync();

        (await world.RunAsync("runners", "list")).MustSay(ExitCode.Ok, "No runner of the fleet default lives. Those that have ended: --all");
        (await world.RunAsync("runners", "list", "--all", "--fleet", "other")).MustSay(ExitCode.Ok, "No such runner in the fleet other.");
        (await world.RunAsync("runners", "list", "--output", "json")).MustSay(ExitCode.Ok, """
            {
              "items": [],
              "hasMore": false
            }
            """);
    }

    [Fact]
    public async Task Fleets_that_share_the_tables_do_not_see_each_other()
    {
        await using var world = await CliWorld.CreateAsync("blue");
        await world.AddAsync(Runner(1) with { Deadline = At(7200) });
        world.Variables["RUNNERFLEET_NAME"] = "blue";

        Assert.Contains(RunnerId(1), (await world.RunAsync("runners", "list")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(RunnerId(1), (await world.RunAsync("runners", "list", "--fleet", "green")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_is_for_scripts_and_does_not_change()
    {
        await using var world = await CliWorld.CreateAsync();
        await world.AddAsync(Runner(1) with
        {
            State = RunnerState.WaitingForJob,
            Job = JobKey(1),
            Attempt = 1,
            Plan = new() { Attempt = 1, ClassName = "small", Cpu = 512, MemoryMiB = 1024, Architecture = "x64", ControlPlaneUrl = new("https://fleet.example"), ClaimKeyId = "k", Image = "docker.io/library/ubuntu:24.04" },
            Compute = new() { Launcher = "ecs", Location = "ci", Id = "arn:aws:ecs:eu-central-1:123456789012:task/ci/0af1" },
            Registration = new() { Number = 1, Name = RunnerName.Format("default", RunnerId(1), 1), MintedAt = At(5) },
            Reason = new() { Code = ReasonCodes.RegistrationWaits, Message = "GitHub answers 503 für das nächste.", Link = new("https://www.githubstatus.com/") },
            StateSince = At(4),
            Deadline = At(604),
        });

        (await world.RunAsync("runners", "list", "--output", "json")).MustSay(ExitCode.Ok, $$"""
            {
              "items": [
                {
                  "id": "{{RunnerId(1)}}",
                  "state": "WAITING_FOR_JOB",
                  "jobId": 40000000001,
                  "jobHost": "github.com",
                  "name": "rf-default-{{RunnerId(1)}}-1",
                  "repository": "octo-org/repo-1",
                  "scope": "github.com/repos/octo-org/repo-1",
                  "labels": [
                    "self-hosted",
                    "linux",
                    "x64"
                  ],
                  "class": "small",
                  "cpu": 512,
                  "memoryMiB": 1024,
                  "diskGiB": null,
                  "image": "docker.io/library/ubuntu:24.04",
                  "architecture": "x64",
                  "capacity": "on-demand",
                  "attempt": 1,
                  "compute": {
                    "launcher": "ecs",
                    "location": "ci",
                    "id": "arn:aws:ecs:eu-central-1:123456789012:task/ci/0af1",
                    "gone": false,
                    "exitCode": null,
                    "stopReason": null
                  },
                  "online": false,
                  "reason": {
                    "code": "REGISTRATION_WAITS",
                    "message": "GitHub answers 503 für das nächste.",
                    "link": "https://www.githubstatus.com/"
                  },
                  "closing": null,
                  "forced": false,
                  "queuedAt": "2026-03-01T12:00:01Z",
                  "createdAt": "2026-03-01T12:00:01Z",
                  "stateSince": "2026-03-01T12:00:04Z",
                  "notBefore": null,
                  "deadline": "2026-03-01T12:10:04Z"
                }
              ],
              "hasMore": false
            }
            """);
    }
}
