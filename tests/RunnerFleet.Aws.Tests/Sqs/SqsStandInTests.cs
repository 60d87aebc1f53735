using Amazon.SQS;
using Amazon.SQS.Model;
using RunnerFleet.Testing.Aws;

namespace RunnerFleet.Aws.Tests.Sqs;

/// <summary>The stand-in answers the official client, which checks the digests of bodies, as SQS does.</summary>
public sealed class SqsStandInTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // real time, on a loaded machine
    private readonly Account _account = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_is_received_hidden_and_deleted()
    {
        var (sqs, queue) = (_account.Sqs(), _account.Aws.Sqs.CreateQueue("q"));
        await sqs.SendMessageAsync(queue.Url.AbsoluteUri, "hello – ünïcode", Cancel);

        var message = Assert.Single(await ReceiveAsync(sqs, queue));
        Assert.Equal("hello – ünïcode", message.Body);
        Assert.Equal("1", message.Attributes["ApproximateReceiveCount"]);
        Assert.Empty(await ReceiveAsync(sqs, queue));

        _account.Clock.Advance(TimeSpan.FromSeconds(30));
        var again = Assert.Single(await ReceiveAsync(sqs, queue));
        Assert.Equal((message.MessageId, "2"), (again.MessageId, again.Attributes["ApproximateReceiveCount"]));

        await sqs.DeleteMessageAsync(queue.Url.AbsoluteUri, message.ReceiptHandle, Cancel);
        Assert.Single(queue.Messages);
        await sqs.DeleteMessageAsync(queue.Url.AbsoluteUri, again.ReceiptHandle, Cancel);
        Assert.Empty(queue.Messages);
    }

    [Fact]
    public async Task A_delayed_message_comes_after_its_delay()
    {
        var (sqs, queue) = (_account.Sqs(), _account.Aws.Sqs.CreateQueue("q"));
        await sqs.SendMessageAsync(new() { QueueUrl = queue.Url.AbsoluteUri, MessageBody = "later", DelaySeconds = 900 }, Cancel);

        _account.Clock.Advance(TimeSpan.FromSeconds(899));
        Assert.Empty(await ReceiveAsync(sqs, queue));
        _account.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(await ReceiveAsync(sqs, queue));
    }

    [Fact]
    public async Task A_long_poll_ends_with_a_message_and_holds_up_no_other_request()
    {
        var (sqs, queue) = (_account.Sqs(), _account.Aws.Sqs.CreateQueue("q"));
        var poll = sqs.ReceiveMessageAsync(new ReceiveMessageRequest { QueueUrl = queue.Url.AbsoluteUri, WaitTimeSeconds = 20 }, Cancel);

        await sqs.SendMessageAsync(queue.Url.AbsoluteUri, "x", Cancel);

        Assert.Single((await poll.WaitAsync(Patience, Cancel)).Messages);
    }

    [Fact]
    public async Task A_long_poll_ends_empty_by_the_clock()
    {
        var (sqs, queue) = (_account.Sqs(), _account.Aws.Sqs.CreateQueue("q"));
        var poll = sqs.ReceiveMessageAsync(new ReceiveMessageRequest { QueueUrl = queue.Url.AbsoluteUri, WaitTimeSeconds = 20 }, Cancel);
        await _account.AdvanceUntilAsync(() => poll.IsCompleted, TimeSpan.FromSeconds(5));

        Assert.Null((await poll).Messages);
    }

    [Fact]
    public async Task A_message_that_is_received_too_often_goes_to_the_dead_letter_queue()
    {
        var dead = _account.Aws.Sqs.CreateQueue("dead");
        var (sqs, queue) = (_account.Sqs(), _account.Aws.Sqs.CreateQueue("q", TimeSpan.FromSeconds(10), deadLetterQueue: "dead", maxReceives: 2));
        queue.Send("poison");

        for (var receives = 0; receives < 2; receives++)
        {
            Assert.Single(await ReceiveAsync(sqs, queue));
            _account.Clock.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Empty(await ReceiveAsync(sqs, queue));
        Assert.Empty(queue.Messages);
        Assert.Equal("poison", Assert.Single(dead.Messages).Body);
    }

    [Fact]
    public async Task The_visibility_of_a_message_in_flight_can_be_changed()
    {
        var (sqs, queue) = (_account.Sqs(), _account.Aws.Sqs.CreateQueue("q"));
        queue.Send("x");
        var message = Assert.Single(await ReceiveAsync(sqs, queue));

        await sqs.ChangeMessageVisibilityAsync(queue.Url.AbsoluteUri, message.ReceiptHandle, 0, Cancel);

        Assert.Single(await ReceiveAsync(sqs, queue));
        await Assert.ThrowsAsync<MessageNotInflightException>(() => sqs.ChangeMessageVisibilityAsync(queue.Url.AbsoluteUri, message.ReceiptHandle, 0, Cancel));
    }

    [Fact]
    public async Task What_SQS_does_not_take_is_refused()
    {
        var (sqs, queue) = (_account.Sqs(), _account.Aws.Sqs.CreateQueue("q"));
        var url = queue.Url.AbsoluteUri;

        await Assert.ThrowsAsync<QueueDoesNotExistException>(() => sqs.SendMessageAsync(url + "x", "x", Cancel));
        await Assert.ThrowsAsync<QueueDoesNotExistException>(() => sqs.GetQueueUrlAsync("none", Cancel));
        Assert.Equal(url, (await sqs.GetQueueUrlAsync("q", Cancel)).QueueUrl);
        foreach (var refused in (Func<Task>[])
        [
            () => sqs.SendMessageAsync(new() { QueueUrl = url, MessageBody = "x", DelaySeconds = 901 }, Cancel),
            () => sqs.SendMessageAsync(url, new string('x', (1024 * 1024) + 1), Cancel),
            () => sqs.SendMessageAsync(url, "\u0001", Cancel),
            () => sqs.ReceiveMessageAsync(new ReceiveMessageRequest { QueueUrl = url, MaxNumberOfMessages = 11 }, Cancel),
            () => sqs.ReceiveMessageAsync(new ReceiveMessageRequest { QueueUrl = url, WaitTimeSeconds = 21 }, Cancel),
            () => sqs.DeleteMessageAsync(url, "no handle", Cancel),
        ])
        {
            await Assert.ThrowsAnyAsync<AmazonSQSException>(refused);
        }

        Assert.Empty(queue.Messages);
    }

    [Fact]
    public async Task A_client_of_another_process_reaches_the_queue_over_the_network()
    {
        var queue = _account.Aws.Sqs.CreateQueue("q");
        await using var server = await AwsStandInServer.StartAsync(_account.Aws, cancellationToken: Cancel);
        using var sqs = new AmazonSQSClient(AwsStandIn.Credentials, new AmazonSQSConfig { ServiceURL = server.Url.AbsoluteUri, AuthenticationRegion = _account.Aws.Region });
        var poll = sqs.ReceiveMessageAsync(new ReceiveMessageRequest { QueueUrl = new Uri(server.Url, queue.Url.AbsolutePath).AbsoluteUri, WaitTimeSeconds = 20 }, Cancel);

        await sqs.SendMessageAsync(new Uri(server.Url, queue.Url.AbsolutePath).AbsoluteUri, "x", Cancel);

        Assert.Equal("x", Assert.Single((await poll.WaitAsync(Patience, Cancel)).Messages).Body);
    }

    private static async Task<List<Message>> ReceiveAsync(IAmazonSQS sqs, SqsStandInQueue queue) =>
        (await sqs.ReceiveMessageAsync(new ReceiveMessageRequest { QueueUrl = queue.Url.AbsoluteUri, MaxNumberOfMessages = 10, MessageSystemAttributeNames = ["ApproximateReceiveCount"] }, Cancel)).Messages ?? [];
}
