using System.Text;
using Microsoft.AspNetCore.Http;

namespace RunnerFleet.RunnerImage.Tests;

/// <summary>From the container's start to the registration.</summary>
public sealed class ClaimTests : IAsyncLifetime
{
    private const string AnAnswer = """{"runnerName":"rf-test-1","jitConfig":"aa\u002Bbb/cc==","reportToken":"a-token_1"}""";

    private ControlPlane _plane = null!;

    public async ValueTask InitializeAsync() => _plane = await ControlPlane.StartAsync();

    public ValueTask DisposeAsync() => _plane?.DisposeAsync() ?? default;

    [Theory]
    [InlineData("RUNNERFLEET_URL", null)]
    [InlineData("RUNNERFLEET_URL", "ftp://example.com")]
    [InlineData("RUNNERFLEET_URL", "http://example.com/\" -o x")]
    [InlineData("RUNNERFLEET_URL", "http://user@example.com")]
    [InlineData("RUNNERFLEET_RUNNER_ID", null)]
    [InlineData("RUNNERFLEET_RUNNER_ID", "01JZ000000000000000000000I")]
    [InlineData("RUNNERFLEET_RUNNER_ID", "01JZ\"},{00000000000000000")]
    [InlineData("RUNNERFLEET_ATTEMPT", null)]
    [InlineData("RUNNERFLEET_ATTEMPT", "0")]
    [InlineData("RUNNERFLEET_ATTEMPT", "1;id")]
    [InlineData("RUNNERFLEET_CLAIM_SECRET", null)]
    [InlineData("RUNNERFLEET_CLAIM_SECRET", "a\nb: c")]
    [InlineData("RUNNERFLEET_IDLE_SECONDS", "soon")]
    [InlineData("RUNNERFLEET_STOP_SECONDS", "007")]
    public async Task Without_a_right_environment_nothing_is_asked_and_the_variable_is_named(string name, string? value)
    {
        await using var entry = await EntryPoint.ForAsync(_plane, FakeListener.DoesItsJob);
        var secret = entry.Environment["RUNNERFLEET_CLAIM_SECRET"];
        entry.Environment.Remove(name);
        if (value is not null)
        {
            entry.Environment[name] = value;
        }

        entry.Start();

        await entry.EndsWithAsync(64, name);
        Assert.DoesNotContain(secret, entry.Output, StringComparison.Ordinal);
        Assert.Empty(_plane.Requests);
    }

    [Fact]
    public async Task A_wrong_secret_ends_it_at_once()
    {
        await using var entry = await EntryPoint.StartAsync(_plane, FakeListener.DoesItsJob, ("RUNNERFLEET_CLAIM_SECRET", "not-the-secret"));

        await entry.EndsWithAsync(67, "does not accept the claim secret (401)");
        Assert.Equal(["claim 401"], _plane.Requests);
        Assert.DoesNotContain("not-the-secret", entry.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_runner_that_is_not_wanted_any_more_ends_at_once_and_says_why()
    {
        await using var entry = await EntryPoint.ForAsync(_plane, FakeListener.DoesItsJob);
        await _plane.TerminateAsync();
        var reason = await _plane.RunnerAsync();
        entry.Start();

        await entry.EndsWithAsync(71, "(410): The runner", (reason!.Closing?.Cause ?? reason.Reason)!.Message);
        Assert.Equal(["claim 410"], _plane.Requests);
    }

    [Fact]
    public async Task A_claim_that_is_not_understood_is_not_repeated()
    {
        _plane.Meddle = (context, _) => AnswerAsync(context, 400, """{"detail":"The body\u001b[31m is wrong."}""");
        await using var entry = await EntryPoint.StartAsync(_plane, FakeListener.DoesItsJob);

        await entry.EndsWithAsync(73, "(400): The body [31m is wrong.");
        Assert.Equal(["claim 400"], _plane.Requests);
    }

    [Fact]
    public async Task A_busy_control_plane_is_asked_again_when_it_says()
    {
        var first = 0L;
        var waited = TimeSpan.Zero;
        _plane.Meddle = (context, next) =>
        {
            if (first == 0)
            {
                first = TimeProvider.System.GetTimestamp();
                context.Response.Headers.RetryAfter = "3"; // the second wait of its own would be 1 s
                return AnswerAsync(context, 503, "{}");
            }

            waited = waited == TimeSpan.Zero ? TimeProvider.System.GetElapsedTime(first) : waited;
            return next(context);
        };
        await using var entry = await EntryPoint.StartAsync(_plane, FakeListener.DoesItsJob);

        await entry.EndsWithAsync(0, "The control plane answered 503. The claim is tried again in 3 s.");
        Assert.True(waited >= TimeSpan.FromSeconds(2.9), $"{waited}");
    }

    [Theory]
    [InlineData("0", 1)]
    [InlineData("86400", 60)]
    [InlineData("008", 8)]
    [InlineData("Wed, 21 Oct 2037 07:28:00 GMT", 1)]
    [InlineData("99999999999999999999", 1)]
    [InlineData("-5", 1)]
    public async Task What_the_control_plane_says_about_waiting_is_kept_within_bounds(string retryAfter, int seconds)
    {
        _plane.Meddle = (context, _) =>
        {
            context.Response.Headers.RetryAfter = retryAfter;
            return AnswerAsync(context, 503, "{}");
        };
        await using var entry = await EntryPoint.StartAsync(_plane, FakeListener.DoesItsJob);

        await entry.UntilSaidAsync($"The claim is tried again in {seconds} s.");
        await entry.SignalAsync("TERM");
        await entry.EndsWithAsync(143, "Stopped before the runner started.");
    }

    [Fact]
    public async Task A_control_plane_that_is_away_is_waited_for()
    {
        await using var entry = await EntryPoint.ForAsync(_plane, FakeListener.DoesItsJob);
        await _plane.StopListeningAsync();
        entry.Start();
        await entry.UntilSaidAsync("The control plane cannot be reached");
        await _plane.ListenAsync();

        await entry.EndsWithAsync(0);
        Assert.Contains("claim 200", _plane.Requests);
    }

    [Fact]
    public async Task A_registration_whose_answer_was_lost_is_claimed_anew()
    {
        var lost = false;
        _plane.Meddle = async (context, next) =>
        {
            if (lost)
            {
                await next(context);
                return;
            }

            lost = true;
            var body = context.Response.Body;
            context.Response.Body = new MemoryStream();
            await next(context);
            context.Response.Body = body;
            context.Abort();
        };
        await using var entry = await EntryPoint.StartAsync(_plane, FakeListener.DoesItsJob);

        await entry.EndsWithAsync(0, "tried again");
        var runner = await _plane.RunnerAsync();
        Assert.Equal(2, runner!.Claims);
        Assert.Contains($"Registered as {runner.Registration!.Name}.", entry.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_is_asked_for_again()
    {
        string[] answers =
        [
            "",
            "<html>a proxy</html>",
            "null",
            """{"runnerName":"rf-test-1","jitConfig":7,"reportToken":"t"}""",
            """{"runnerName":"rf-test-1","jitConfig":"","reportToken":"t"}""",
            """{"runnerName":"rf-test-1","jitConfig":"aa","reportToken":"t\r\nX-Header: 1"}""",
            """{"runnerName":"rf-test-1 aa","jitConfig":"bb","reportToken":"t"}""",
            AnAnswer.PadRight(70_000),
            AnAnswer,
        ];
        var asked = 0;
        _plane.Meddle = (context, next) =>
        {
            context.Response.Headers.RetryAfter = "1";
            return context.Request.Path == "/runner/claim" ? AnswerAsync(context, 200, answers[asked++]) : next(context);
        };
        await using var entry = await EntryPoint.StartAsync(_plane, FakeListener.DoesItsJob);

        await entry.EndsWithAsync(0, "The answer of the control plane cannot be read.");
        Assert.Equal(answers.Length, asked);
        Assert.Contains("ACTIONS_RUNNER_INPUT_JITCONFIG=aa+bb/cc==", entry.Seen("environment"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_gives_up_when_its_time_is_over()
    {
        _plane.Meddle = (context, _) => AnswerAsync(context, 503, "{}");
        await using var entry = await EntryPoint.StartAsync(_plane, FakeListener.DoesItsJob, ("RUNNERFLEET_CLAIM_SECONDS", "2"));

        await entry.EndsWithAsync(68, "No registration within 2 s. The control plane answered 503.");
        Assert.All(_plane.Requests, request => Assert.Equal("claim 503", request));
    }

    private static Task AnswerAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Encoding.UTF8.GetByteCount(body);
        return context.Response.WriteAsync(body);
    }
}
