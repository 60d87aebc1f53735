using System.Globalization;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.GitHub;

/// <summary>
/// What a runner speaks to, below <c>/_runner</c>: open a session, wait for a job, keep it, complete it, close. A protocol of our own; GitHub's is not published.
/// </summary>
internal sealed class StandInRunnerApi(TimeProvider clock, StandInWorld world)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    public async Task<StandInReply> AnswerAsync(StandInRequest request, CancellationToken cancellationToken)
    {
        var rest = request.Segments[1..];
        if (request.Method == "POST" && rest is ["sessions"])
        {
            var (status, opened) = world.OpenSession(request.Bearer, held: false);
            return status switch
            {
                201 => new(201, new JsonObject { ["sessionId"] = opened!.SessionId, ["runnerName"] = opened.Name }),
                409 => StandInReply.Error(409, "The runner has a session already."),
                _ => StandInReply.Error(404, "The registration is gone."),
            };
        }

        if (rest is not ["sessions", var sessionId, ..] || world.FindSession(sessionId, request.Bearer) is not { } runner)
        {
            return StandInReply.Error(404, "The registration or its session is gone.");
        }

        switch (request.Method, rest[2..])
        {
            case ("GET", ["job"]):
                return await WaitForJobAsync(request, runner, sessionId, cancellationToken).ConfigureAwait(false);
            case ("POST", ["jobs", var job, "renew"]):
                return world.Read(() => runner.Job is { } row && row.Id == Number(job) ? new StandInReply(200, new JsonObject { ["cancel"] = row.IsCancelAsked }) : StandInReply.NotFound());
            case ("POST", ["jobs", var job, "complete"]):
                var conclusion = (string?)request.Json()?["conclusion"] ?? "failure";
                return world.CompleteJob(runner, Number(job), conclusion) ? new(204) : StandInReply.NotFound();
            case ("DELETE", []):
                world.CloseSession(runner);
                return new(204);
            default:
                return StandInReply.NotFound();
        }
    }

    private async Task<StandInReply> WaitForJobAsync(StandInRequest request, RunnerRow runner, string sessionId, CancellationToken cancellationToken)
    {
        var wait = double.TryParse(request.Parameter("wait"), CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(Math.Clamp(seconds, 0, LongestWait.TotalSeconds)) : LongestWait;
        var start = clock.GetTimestamp();
        world.CountPoll(runner, 1);
        try
        {
            while (true)
            {
                var changed = world.Changed;
                if (world.FindSession(sessionId, request.Bearer) is null)
                {
                    return StandInReply.Error(404, "The registration or its session is gone.");
                }

                if (world.JobFor(runner) is { } job)
                {
                    return new(200, new JsonObject
                    {
                        ["jobId"] = job.Id,
                        ["name"] = job.Options.Name,
                        ["seconds"] = job.Options.Duration.TotalSeconds,
                        ["conclusion"] = job.Options.Conclusion,
                    });
                }

                var left = wait - clock.GetElapsedTime(start);
                if (left <= TimeSpan.Zero)
                {
                    return new(204);
                }

                try
                {
                    await changed.WaitAsync(left, clock, cancellationToken).ConfigureAwait(false);
                }
                catch (TimeoutException)
                {
                    return new(204);
                }
            }
        }
        finally
        {
            world.CountPoll(runner, -1);
        }
    }

    private static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
}
