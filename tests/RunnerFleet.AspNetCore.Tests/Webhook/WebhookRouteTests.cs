using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Logging;
using RunnerFleet.AspNetCore.Tests.Hosting;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;

namespace RunnerFleet.AspNetCore.Tests.Webhook;

public sealed class WebhookRouteTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);
    private const int MaxBody = 26_214_400;
    private FleetHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await FleetHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_recorded_webhook_is_answered_202_with_its_runner_and_job()
    {
        Answers(new WebhookOutcome.Recorded { Outcome = "queued", Job = SampleData.Job, RunnerId = SampleData.RunnerId });

        var answer = await _host.PostAsync("/webhook", "{}");

        Assert.Equal(202, answer.Status);
        Assert.Equal("application/json; charset=utf-8", answer.ContentType);
        Assert.Equal("""{"outcome":"queued","runnerId":"01JZ0000000000000000000001","jobId":41234567890,"diagnostic":null}""", answer.Body);
    }

    [Theory]
    [InlineData("refused")]
    [InlineData("invalid")]
    public async Task A_refused_job_is_recorded_too_and_its_answer_says_why(string word)
    {
        Answers(new WebhookOutcome.Recorded { Outcome = word, Job = SampleData.Job, Diagnostic = Reason.Of("UNKNOWN_CLASS", "There is no class huge.") });

        var answer = await _host.PostAsync("/webhook", "{}");

        Assert.Equal(202, answer.Status);
        Assert.Equal($$$"""{"outcome":"{{{word}}}","runnerId":null,"jobId":41234567890,"diagnostic":{"code":"UNKNOWN_CLASS","message":"There is no class huge.","link":null}}""", answer.Body);
    }

    [Fact]
    public async Task An_ignored_webhook_is_answered_200_with_the_reason()
    {
        Answers(new WebhookOutcome.Ignored("The event is ping."));

        var answer = await _host.PostAsync("/webhook", "{}");

        Assert.Equal(200, answer.Status);
        Assert.Equal("ignored", answer.Json.GetProperty("outcome").GetString());
        Assert.Equal("The event is ping.", answer.Json.GetProperty("reason").GetString());
    }

    public static TheoryData<string, int> Refusals => new()
    {
        { nameof(WebhookOutcome.Unauthorized), 401 },
        { nameof(WebhookOutcome.Malformed), 400 },
        { nameof(WebhookOutcome.TooLarge), 413 },
        { nameof(WebhookOutcome.UnsupportedContentType), 415 },
        { nameof(WebhookOutcome.Unavailable), 503 },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_refusal_is_problem_details_with_its_sentence(string kind, int status)
    {
        const string Sentence = "Do this and that.";
        Answers(kind switch
        {
            nameof(WebhookOutcome.Unauthorized) => new WebhookOutcome.Unauthorized(Sentence),
            nameof(WebhookOutcome.Malformed) => new WebhookOutcome.Malformed(Sentence),
            nameof(WebhookOutcome.TooLarge) => new WebhookOutcome.TooLarge(Sentence),
            nameof(WebhookOutcome.UnsupportedContentType) => new WebhookOutcome.UnsupportedContentType(Sentence),
            _ => new WebhookOutcome.Unavailable(Sentence),
        });

        var answer = (await _host.PostAsync("/webhook", "{}")).IsProblem(status, Sentence);

        Assert.Equal(status == 503, answer.Headers.ContainsKey("Retry-After"));
    }

    [Fact]
    public async Task The_fleet_gets_body_and_headers_to_the_byte()
    {
        byte[] body = [0x7b, 0xff, 0xfe, 0x00, 0x0d, 0x0a, 0x7d]; // not UTF-8
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" } } };

        await _host.SendAsync(HttpMethod.Post, "/webhook", content,
            ("X-GitHub-Event", "workflow_job"), ("X-GitHub-Delivery", "d-1"), ("X-Hub-Signature-256", "sha256=ab"), ("X-GitHub-Enterprise-Host", "ghe.example.com"));

        var delivery = Assert.Single(_host.Fleet.Asked<WebhookDelivery>());
        Assert.Equal(body, delivery.Body.ToArray());
        Assert.Equal("workflow_job", delivery.Event);
        Assert.Equal("d-1", delivery.DeliveryId);
        Assert.Equal("sha256=ab", delivery.Signature);
        Assert.Equal("application/json; charset=utf-8", delivery.ContentType);
        Assert.Equal("ghe.example.com", delivery.EnterpriseHost);
    }

    [Fact]
    public async Task Headers_that_are_absent_are_null()
    {
        await _host.SendAsync(HttpMethod.Post, "/webhook", new ByteArrayContent([]));

        var delivery = Assert.Single(_host.Fleet.Asked<WebhookDelivery>());
        Assert.Equal(0, delivery.Body.Length);
        Assert.Null(delivery.Event);
        Assert.Null(delivery.DeliveryId);
        Assert.Null(delivery.Signature);
        Assert.Null(delivery.ContentType);
        Assert.Null(delivery.EnterpriseHost);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_of_exactly_25_MB_is_taken(bool chunked)
    {
        var answer = await SendAsync(MaxBody, chunked);

        Assert.Equal(200, answer.Status);
        Assert.Equal(MaxBody, Assert.Single(_host.Fleet.Asked<WebhookDelivery>()).Body.Length);
    }

    [Fact]
    public async Task A_longer_body_is_refused_by_its_announced_length_before_it_is_sent()
    {
        await using var connection = await _host.ConnectAsync();
        await WriteAsync(connection, $"POST /webhook HTTP/1.1\r\nHost: localhost\r\nContent-Length: {MaxBody + 1}\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 413", await ReadSomeAsync(connection), StringComparison.Ordinal);
        Assert.Empty(_host.Fleet.Asked<WebhookDelivery>());
        _host.LogsAreCalm();
    }

    [Fact]
    public async Task A_longer_body_is_refused_also_when_it_announces_no_length()
    {
        await using var connection = await _host.ConnectAsync();
        var reading = ReadSomeAsync(connection);
        await WriteAsync(connection, "POST /webhook HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
        var chunk = Encoding.ASCII.GetBytes("100000\r\n" + new string('x', 0x100000) + "\r\n");
        try
        {
            for (var sent = 0; sent <= MaxBody; sent += 0x100000)
            {
                await connection.WriteAsync(chunk);
            }
        }
        catch (IOException)
        {
            // The server may close before all is sent.
        }

        Assert.StartsWith("HTTP/1.1 413", await reading, StringComparison.Ordinal);
        Assert.Empty(_host.Fleet.Asked<WebhookDelivery>());
        _host.LogsAreCalm();
    }

    [Fact]
    public async Task A_caller_that_leaves_in_the_middle_of_its_body_is_no_fault()
    {
        await using (var connection = await _host.ConnectAsync())
        {
            await WriteAsync(connection, "POST /webhook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{");
        }

        await Eventually.SoAsync(() => _host.Logs.Lines.Any(line => line.Text.StartsWith("Request finished", StringComparison.Ordinal)), "the request ended");
        Assert.Empty(_host.Fleet.Asked<WebhookDelivery>());
        _host.LogsAreCalm();
    }

    [Fact]
    public async Task A_body_that_does_not_arrive_in_time_is_answered_408()
    {
        await using var connection = await _host.ConnectAsync();
        await WriteAsync(connection, "POST /webhook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{");
        await Eventually.SoAsync(() => _host.Logs.Lines.Any(line => line.Text.StartsWith("Executing endpoint", StringComparison.Ordinal)), "the request began");
        var reading = ReadSomeAsync(connection);
        await AdvanceUntilAsync(reading);

        Assert.StartsWith("HTTP/1.1 408", await reading, StringComparison.Ordinal);
        _host.LogsAreCalm();
    }

    [Fact]
    public async Task A_fleet_that_does_not_record_in_time_is_answered_503_within_what_GitHub_waits()
    {
        Assert.True(Limit < TimeSpan.FromSeconds(10));
        _host.Fleet.OnReceive = async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException("not reached");
        };
        var sending = _host.PostAsync("/webhook", "{}");
        await Eventually.SoAsync(() => _host.Fleet.Asked<WebhookDelivery>().Any(), "the fleet was asked");
        _host.Clock.Advance(Limit);

        var answer = (await sending).IsProblem(503, "Redeliver");

        Assert.Equal("30", answer.Headers["Retry-After"]);
        Assert.Contains(_host.Logs.Lines, line => line.Id.Id == 4002 && line.Level == LogLevel.Warning);
        _host.LogsAreCalm();
    }

    [Fact]
    public async Task A_fleet_that_does_not_heed_its_deadline_does_not_hold_the_answer_back()
    {
        var never = new TaskCompletionSource<WebhookOutcome>();
        _host.Fleet.OnReceive = (_, _) => never.Task;
        var sending = _host.PostAsync("/webhook", "{}");
        await Eventually.SoAsync(() => _host.Fleet.Asked<WebhookDelivery>().Any(), "the fleet was asked");
        _host.Clock.Advance(Limit);

        (await sending).IsProblem(503);
    }

    [Fact]
    public async Task A_delivery_is_recorded_though_its_sender_hung_up()
    {
        var asked = new TaskCompletionSource<CancellationToken>();
        var finish = new TaskCompletionSource<WebhookOutcome>();
        _host.Fleet.OnReceive = (_, cancellationToken) =>
        {
            asked.SetResult(cancellationToken);
            return finish.Task;
        };
        var connection = await _host.ConnectAsync();
        await WriteAsync(connection, "POST /webhook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}");
        var token = await asked.Task;
        connection.Socket.Close(0); // resets the connection
        await Eventually.SoAsync(() => _host.Logs.Lines.Any(line => line.Text.Contains("received FIN", StringComparison.Ordinal) || line.Text.Contains("reset", StringComparison.Ordinal)), "the reset was seen");

        Assert.False(token.IsCancellationRequested);
        finish.SetResult(new WebhookOutcome.Ignored("done"));
        await connection.DisposeAsync();
        await Eventually.SoAsync(() => _host.Logs.Lines.Any(line => line.Text.StartsWith("Request finished", StringComparison.Ordinal)), "the request ended");
        _host.LogsAreCalm();
    }

    [Fact]
    public async Task A_bug_is_answered_500_without_its_inside_and_logged()
    {
        _host.Fleet.OnReceive = (_, _) => throw new InvalidOperationException("the inside");

        var answer = (await _host.PostAsync("/webhook", "{}")).IsProblem(500);

        Assert.DoesNotContain("the inside", answer.Body, StringComparison.Ordinal);
        Assert.Contains(_host.Logs.Lines, line => line.Id.Id == 4000 && line.Exception?.Message == "the inside");
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    [InlineData("OPTIONS")]
    [InlineData("BREW")]
    public async Task Another_method_is_answered_405_and_told_the_right_one(string method)
    {
        var answer = (await _host.SendAsync(new HttpMethod(method), "/webhook")).IsProblem(405, "POST");

        Assert.Equal("POST", answer.Headers["Allow"]);
    }

    [Fact]
    public async Task Random_bytes_never_make_a_5xx()
    {
        var random = new Random(1);
        for (var round = 0; round < 50; round++)
        {
            var bytes = new byte[random.Next(1, 4000)];
            random.NextBytes(bytes);
            await using var connection = await _host.ConnectAsync();
            var asBody = round % 2 == 0 ? Encoding.ASCII.GetBytes($"POST /webhook HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {bytes.Length}\r\n\r\n") : [];
            await connection.WriteAsync((byte[])[.. asBody, .. bytes]);
            connection.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);

            var answer = await ReadToEndAsync(connection);
            Assert.DoesNotMatch("^HTTP/1.1 5", answer);
        }

        _host.LogsAreCalm();
    }

    private void Answers(WebhookOutcome outcome) => _host.Fleet.OnReceive = (_, _) => Task.FromResult(outcome);

    private Task<Answer> SendAsync(int length, bool chunked)
    {
        var content = new ByteArrayContent(new byte[length]);
        if (!chunked)
        {
            return _host.SendAsync(HttpMethod.Post, "/webhook", content);
        }

        return _host.SendAsync(HttpMethod.Post, "/webhook", new StreamContent(new MemoryStream(new byte[length])), ("Transfer-Encoding", "chunked"));
    }

    private async Task AdvanceUntilAsync(Task done)
    {
        while (!done.IsCompleted)
        {
            _host.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    private static async Task WriteAsync(Stream connection, string text) => await connection.WriteAsync(Encoding.ASCII.GetBytes(text));

    /// <summary>Reads what comes first: the server may keep the connection a while, to take the rest of a body.</summary>
    private static async Task<string> ReadSomeAsync(Stream connection)
    {
        var first = new byte[64];
        var length = await connection.ReadAtLeastAsync(first, 12, throwOnEndOfStream: false).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        return Encoding.Latin1.GetString(first, 0, length);
    }

    private static async Task<string> ReadToEndAsync(Stream connection)
    {
        var all = new MemoryStream();
        try
        {
            await connection.CopyToAsync(all).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        }
        catch (IOException)
        {
            // A reset after the answer: what was read counts.
        }

        return Encoding.Latin1.GetString(all.ToArray());
    }
}
