using RunnerFleet.Runners;

namespace RunnerFleet.Cli.Tests;

public sealed class StatusTests
{
    [Fact]
    public async Task The_fleet_is_seen_at_a_glance()
    {
        await using var world = await CliWorld.CreateAsync();
        world.Account.Ssm.Put("/ci/sizes", """{"small":{"cpu":512,"memory":1024,"limit":1}}""");
        world.Variables["CLASS_SIZES_PARAM"] = "/ci/sizes";
        var running = await world.QueueAsync();
        await world.TakeJobAsync(await world.RunnerOfAsync(running));
        world.Clock.Advance(TimeSpan.FromSeconds(20));
        var waits = await world.RunnerOfAsync(await world.QueueAsync());
        await world.QueueAsync("self-hosted", "class:huge");
        var others = await world.QueueAsync("self-hosted", "gpu");
        world.Clock.Advance(TimeSpan.FromSeconds(70));
        var notice = Assert.Single((await world.Fleet.GetOverviewAsync(world.Cancel)).Notices);

        (await world.RunAsync("status")).MustSay(ExitCode.Ok, $"""
            Fleet default, runners
            PENDING          1
            IMAGE_CREATING   0
            STARTING         0
            WAITING_FOR_JOB  0
            RUNNING          1
            OFFLINE          0
            FAILED           0

            Jobs
            WAITING      0
            QUEUED       1
            REFUSED      1
            GAVE_UP      0
            IN_PROGRESS  1
            COMPLETED    0

            Runners that wait
            CODE           RUNNERS  OLDEST  WHY
            LIMIT_REACHED  1        1m10s   {waits.Reason!.Message}

            Places
            LIMIT OF     TAKEN  LIMIT
            fleet        1      the hosts'
            class/small  1      1

            Open breakers: launches wait
            None.

            Notices of the last day
            AT                    CODE      ABOUT                   WHAT
            2026-03-01 12:10:20Z  NOT_OURS  {others}  {notice.Reason.Message}
            """.Replace("ABOUT                   WHAT", "ABOUT".PadRight(others.ToString().Length) + "  WHAT", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_document_lists_every_state_and_an_open_breaker_with_its_reason()
    {
        await using var world = await CliWorld.CreateAsync();
        var opened = world.Clock.GetUtcNow();
        await world.Store.CommitAsync(new()
        {
            Entries =
            [
                new()
                {
                    Key = "breaker/network", Version = 1, ExpiresAt = opened.AddDays(1),
                    Value = """{"reason":{"code":"NEVER_CLAIMED","message":"Three runners started and never claimed."},"failures":3,"openedAt":"2026-03-01T12:10:00+00:00","probeAt":"2026-03-01T12:15:00+00:00"}""",
                },
            ],
        }, world.Cancel);

        (await world.RunAsync("status", "--output", "json")).MustSay(ExitCode.Ok, """
            {
              "name": "default",
              "runners": {
                "PENDING": 0,
                "IMAGE_CREATING": 0,
                "STARTING": 0,
                "WAITING_FOR_JOB": 0,
                "RUNNING": 0,
                "OFFLINE": 0,
                "FAILED": 0
              },
              "jobs": {
                "WAITING": 0,
                "QUEUED": 0,
                "REFUSED": 0,
                "GAVE_UP": 0,
                "IN_PROGRESS": 0,
                "COMPLETED": 0
              },
              "waits": [],
              "places": [
                {
                  "key": "fleet",
                  "taken": 0,
                  "limit": null
                }
              ],
              "breakers": [
                {
                  "key": "network",
                  "reason": {
                    "code": "NEVER_CLAIMED",
                    "message": "Three runners started and never claimed.",
                    "link": null
                  },
                  "openedAt": "2026-03-01T12:10:00Z",
                  "probeAt": "2026-03-01T12:15:00Z"
                }
              ],
              "notices": []
            }
            """);
        Assert.Contains("network  2026-03-01 12:10:00Z (0s ago)  2026-03-01 12:15:00Z (in 5m00s)  NEVER_CLAIMED: Three runners started and never claimed.", (await world.RunAsync("status")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runners_that_wait_are_counted_by_reason_the_most_frequent_first()
    {
        await using var world = await CliWorld.CreateAsync();
        await world.AddAsync([.. Enumerable.Range(1, 5).Select(n => Testing.Fakes.SampleRecords.Runner(n) with
        {
            Reason = n < 3 ? Reason.Of(ReasonCodes.NoCapacity, $"No capacity, said to {n}.") : Reason.Of(ReasonCodes.LimitReached, $"The limit is reached, said to {n}."),
            Deadline = world.Clock.GetUtcNow(),
        })]);

        var waits = (await world.RunAsync("status", "--output", "json")).Json["waits"]!.AsArray();

        Assert.Equal([("LIMIT_REACHED", 3, "The limit is reached, said to 3."), ("NO_CAPACITY", 2, "No capacity, said to 1.")], waits.Select(wait => ((string)wait!["code"]!, (int)wait["runners"]!, (string)wait["message"]!)));
    }
}
