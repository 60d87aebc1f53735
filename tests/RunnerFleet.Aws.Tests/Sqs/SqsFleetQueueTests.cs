using System.Text.Json;
using Amazon.SQS;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RunnerFleet.Aws.Sqs;
using RunnerFleet.Aws.Tests.Events;
using RunnerFleet.Provisioning;
using RunnerFleet.Testing.Aws;

namespace RunnerFleet.Aws.Tests.Sqs;

public sealed class SqsFleetQueueTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60); // real time, on a loaded machine
    private readonly Account _account = new();
    private readonly RecordingFleet _fleet = new();
    private readonly SqsStandInQueue _dead;
    private readonly SqsStandInQueue _queue;
    private readonly ServiceProvider _services;

    public SqsFleetQueueTests()
    {
        _dead = _account.Aws.Sqs.CreateQueue("dead");
        _queue = _account.Aws.Sqs.CreateQueue("hints", deadLetterQueue: "dead");
        var services = _account.Services();
        services.AddSingleton<IRunnerFleet>(_fleet);
        services.AddRunnerFleet(_ => { }).UseSqs(o => o.QueueUrl = _queue.Url);
        _services = services.BuildServiceProvider();
    }

    private IFleetQueue Queue => _services.GetRequiredService<IFleetQueue>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hints_of_one_host_within_a_second_become_one_message()
    {
        for (var i = 0; i < 10; i++)
        {
            await Queue.HintAsync(TimeSpan.Zero, Cancel);
            await Queue.HintAsync(TimeSpan.FromSeconds(60), Cancel);
            await Queue.HintAsync(TimeSpan.FromSeconds(59.5), Cancel);
        }

        Assert.Equal([TimeSpan.Zero, TimeSpan.FromSeconds(60)], _queue.Messages.Select(Delay).Order());
        Assert.All(_queue.Messages, message => Assert.Equal("""{"hint":"drain"}""", message.Body));
    }

    [Fact]
    public async Task A_hint_is_not_served_by_a_message_from_before_it()
    {
        await Queue.HintAsync(TimeSpan.Zero, Cancel);
        _account.Clock.Advance(TimeSpan.FromMilliseconds(300));
        await Queue.HintAsync(TimeSpan.Zero, Cancel);

        Assert.Equal(2, _queue.Messages.Count);
        Assert.Equal(TimeSpan.FromSeconds(1), Delay(_queue.Messages[1])); // SQS delays whole seconds

        // Until that one falls due it serves every further hint.
        _account.Clock.Advance(TimeSpan.FromMilliseconds(300));
        await Queue.HintAsync(TimeSpan.Zero, Cancel);
        Assert.Equal(2, _queue.Messages.Count);

        _account.Clock.Advance(TimeSpan.FromSeconds(3));
        await Queue.HintAsync(TimeSpan.Zero, Cancel);
        Assert.Equal(3, _queue.Messages.Count);
    }

    [Fact]
    public async Task A_delay_beyond_what_SQS_takes_is_the_longest_that_it_takes()
    {
        await Queue.HintAsync(TimeSpan.FromHours(5), Cancel);
        Assert.Equal(TimeSpan.FromSeconds(900), Delay(Assert.Single(_queue.Messages)));
    }

    [Fact]
    public async Task A_hint_that_could_not_be_sent_is_not_taken_for_sent()
    {
        _account.Aws.FailNext(1, "SendMessage", "AccessDeniedException");
        await Assert.ThrowsAnyAsync<AmazonSQSException>(() => Queue.HintAsync(TimeSpan.Zero, Cancel).AsTask());

        await Queue.HintAsync(TimeSpan.Zero, Cancel);

        Assert.Single(_queue.Messages);
    }

    [Fact]
    public async Task A_send_that_hangs_ends_after_3_seconds()
    {
        using var sqs = new AmazonSQSClient(AwsStandIn.Credentials, new AmazonSQSConfig { ServiceURL = "http://aws.invalid/", AuthenticationRegion = "x", HttpClientFactory = new Wire.PeerFactory(new Hanging()) });
        using var hints = new SqsHints(_account.Clock);
        var queue = new SqsFleetQueue(sqs, _services.GetRequiredService<SqsInbox>(), hints, Options.Create(new SqsQueueOptions { QueueUrl = _queue.Url }), _account.Clock);
        var hint = queue.HintAsync(TimeSpan.Zero, Cancel).AsTask();

        _account.Clock.Advance(TimeSpan.FromSeconds(3));

        await Assert.ThrowsAsync<TimeoutException>(() => hint);
    }

    [Fact]
    public async Task A_wait_takes_every_hint_that_is_there_and_deletes_it()
    {
        Array.ForEach([.. Enumerable.Repeat(Payloads.Drain, 5)], body => _queue.Send(body));

        await Queue.WaitAsync(TimeSpan.FromHours(1), Cancel).AsTask().WaitAsync(Patience, Cancel);

        Assert.Empty(_queue.Messages);
        Assert.Equal(0, _fleet.Drains); // whoever waited drains
    }

    [Fact]
    public async Task A_hint_that_cannot_be_deleted_ends_the_wait_all_the_same()
    {
        _queue.Send(Payloads.Drain);
        _account.Aws.FailNext(1, "DeleteMessage", "AccessDeniedException");

        await Queue.WaitAsync(TimeSpan.FromHours(1), Cancel).AsTask().WaitAsync(Patience, Cancel);

        Assert.Single(_account.Log.Of(6501));
    }

    [Fact]
    public async Task An_event_that_a_wait_finds_is_handled_and_the_wait_goes_on()
    {
        _queue.Send(Payloads.TaskChanged());
        var wait = Queue.WaitAsync(TimeSpan.FromHours(1), Cancel).AsTask();
        await Account.UntilAsync(() => _fleet.Events.Count == 1 && _queue.Messages.Count == 0);
        Assert.False(wait.IsCompleted);

        _queue.Send(Payloads.Drain);
        await wait.WaitAsync(Patience, Cancel);
    }

    [Fact]
    public async Task A_message_that_nobody_understands_is_not_lost_but_ends_in_the_dead_letter_queue()
    {
        _queue.Send("Message Body");
        var wait = Queue.WaitAsync(TimeSpan.FromHours(1), Cancel).AsTask();

        for (var receives = 1; receives <= 3; receives++)
        {
            await Account.UntilAsync(() => _account.Log.Of(6601).Count == receives);
            _account.Clock.Advance(TimeSpan.FromSeconds(120)); // it is hidden for as long
        }

        await Account.UntilAsync(() => _dead.Messages.Count == 1);
        Assert.Equal("Message Body", _dead.Messages[0].Body);
        Assert.False(wait.IsCompleted);
        _queue.Send(Payloads.Drain);
        await wait.WaitAsync(Patience, Cancel);
    }

    [Fact]
    public async Task A_message_for_somebody_else_is_deleted()
    {
        _queue.Send(Payloads.TaskChanged(fleet: "other"));
        _queue.Send(Payloads.Drain);
        await Queue.WaitAsync(TimeSpan.FromHours(1), Cancel).AsTask().WaitAsync(Patience, Cancel);
        Assert.Empty(_queue.Messages);
        Assert.Empty(_fleet.Events);
    }

    [Fact]
    public async Task A_wait_without_a_hint_asks_SQS_in_long_polls_and_ends_in_time()
    {
        var start = _account.Clock.GetUtcNow();
        var wait = Queue.WaitAsync(TimeSpan.FromMinutes(1), Cancel).AsTask();
        await _account.AdvanceUntilAsync(() => wait.IsCompleted, TimeSpan.FromMilliseconds(250));

        Assert.True(_account.Clock.GetUtcNow() >= start.AddMinutes(1));
        Assert.InRange(_account.Aws.Calls.Count, 1, 5);
        Assert.All(_account.Aws.Calls, call => Assert.InRange(JsonDocument.Parse(call.Body).RootElement.GetProperty("WaitTimeSeconds").GetInt32(), 1, 20));
    }

    [Fact]
    public async Task A_queue_that_cannot_be_read_is_said_to_the_caller()
    {
        _account.Aws.FailNext(1, "ReceiveMessage", "AccessDeniedException");
        await Assert.ThrowsAnyAsync<AmazonSQSException>(() => Queue.WaitAsync(TimeSpan.FromMinutes(1), Cancel).AsTask());
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("http://sqs.eu-central-1.amazonaws.com/1/q", null)]
    [InlineData("https://sqs.eu-central-1.amazonaws.com/", null)]
    [InlineData("https://sqs.eu-central-1.amazonaws.com/1/q.fifo", null)]
    [InlineData("https://sqs.eu-central-1.amazonaws.com/1/q", "https://sqs.eu-central-1.amazonaws.com/1/q.fifo")]
    [InlineData("/1/q", null)]
    public void A_setting_that_cannot_work_is_refused(string? queue, string? events)
    {
        var options = new SqsQueueOptions { QueueUrl = UriOf(queue), EventsQueueUrl = UriOf(events) };
        Assert.True(new SqsQueueRules().Validate(null, options).Failed);
    }

    [Theory]
    [InlineData("https://sqs.eu-central-1.amazonaws.com/123456789012/q")]
    [InlineData("http://127.0.0.1:5000/123456789012/q")]
    public void A_queue_is_named_by_its_address(string queue) => Assert.True(new SqsQueueRules().Validate(null, new SqsQueueOptions { QueueUrl = UriOf(queue) }).Succeeded);

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private static Uri? UriOf(string? text) => text is null ? null : new Uri(text, UriKind.RelativeOrAbsolute);

    private TimeSpan Delay(SqsStandInMessage message) => message.VisibleAt - _account.Clock.GetUtcNow();

    private sealed class Hanging : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => new TaskCompletionSource<HttpResponseMessage>().Task;
    }
}
