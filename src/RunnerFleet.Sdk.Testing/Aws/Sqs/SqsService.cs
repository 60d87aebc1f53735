using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.Aws.Sqs;

/// <summary>SQS's operations in its JSON protocol (API Reference, version 2012-11-05).</summary>
internal sealed class SqsService(Queues queues) : AwsStandInService("AmazonSQS", "sqs")
{
    private const int MostBytes = 1024 * 1024; // since January 2026
    private const int MostDelay = 900;
    private const int MostWait = 20;
    private const int MostMessages = 10;
    private const int MostVisibility = 43200;

    public override Task? WaitOf(string operation, JsonElement body, DateTimeOffset arrived)
    {
        if (operation != "ReceiveMessage" || QueueOf(body) is not { HasVisible: false } queue)
        {
            return null;
        }

        var until = arrived.AddSeconds(Between(body, "WaitTimeSeconds", 0, MostWait) ?? 0);
        return until <= queues.Now ? null : queue.WaitAsync(until);
    }

    public override JsonObject Answer(string operation, JsonElement body) => operation switch
    {
        "SendMessage" => Send(body),
        "ReceiveMessage" => Receive(body),
        "DeleteMessage" => Delete(body),
        "ChangeMessageVisibility" => ChangeVisibility(body),
        "GetQueueUrl" => GetUrl(body),
        _ => throw UnknownOperation(operation),
    };

    private JsonObject Send(JsonElement body)
    {
        var queue = QueueOf(body);
        var text = body.Text("MessageBody") is { Length: > 0 } given ? given : throw new AwsStandInException("MissingParameter", "The request must contain the parameter MessageBody.");
        if (text.Any(IsForbidden))
        {
            throw new AwsStandInException("InvalidMessageContents", "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.");
        }

        if (Encoding.UTF8.GetByteCount(text) > MostBytes)
        {
            throw Invalid($"One or more parameters are invalid. Reason: Message must be shorter than {MostBytes} bytes.");
        }

        var message = queue.Send(text, TimeSpan.FromSeconds(Between(body, "DelaySeconds", 0, MostDelay) ?? 0));
        return new() { ["MessageId"] = message.Id, ["MD5OfMessageBody"] = message.BodyDigest };
    }

    private JsonObject Receive(JsonElement body)
    {
        var queue = QueueOf(body);
        _ = Between(body, "WaitTimeSeconds", 0, MostWait);
        var visibility = Between(body, "VisibilityTimeout", 0, MostVisibility) is { } seconds ? TimeSpan.FromSeconds(seconds) : queue.Visibility;
        var received = queue.Receive(Between(body, "MaxNumberOfMessages", 1, MostMessages) ?? 1, visibility);
        var wanted = body.Texts("MessageSystemAttributeNames").Concat(body.Texts("AttributeNames")).ToHashSet(StringComparer.Ordinal);

        // SQS leaves the list out where it is empty.
        return received.Count == 0 ? [] : new() { ["Messages"] = new JsonArray([.. received.Select(message => Json(message, wanted))]) };
    }

    private static JsonObject Json(Message message, HashSet<string> wanted)
    {
        (string Name, string Value)[] attributes =
        [
            ("ApproximateReceiveCount", FormattableString.Invariant($"{message.Receives}")),
            ("ApproximateFirstReceiveTimestamp", FormattableString.Invariant($"{message.FirstReceivedAt!.Value.ToUnixTimeMilliseconds()}")),
            ("SentTimestamp", FormattableString.Invariant($"{message.SentAt.ToUnixTimeMilliseconds()}")),
            ("SenderId", "AIDASTANDIN"),
        ];
        var json = new JsonObject { ["MessageId"] = message.Id, ["ReceiptHandle"] = message.Handle, ["MD5OfBody"] = message.BodyDigest, ["Body"] = message.Body };
        if (attributes.Where(a => wanted.Contains("All") || wanted.Contains(a.Name)).ToList() is { Count: > 0 } given)
        {
            json["Attributes"] = new JsonObject(given.Select(a => KeyValuePair.Create(a.Name, (JsonNode?)a.Value)));
        }

        return json;
    }

    private JsonObject Delete(JsonElement body)
    {
        QueueOf(body).Delete(HandleOf(body));
        return [];
    }

    private JsonObject ChangeVisibility(JsonElement body)
    {
        var queue = QueueOf(body);
        var seconds = Between(body, "VisibilityTimeout", 0, MostVisibility) ?? throw new AwsStandInException("MissingParameter", "The request must contain the parameter VisibilityTimeout.");
        var message = queue.Find(HandleOf(body));
        if (message is null || !message.IsInFlight(queues.Now))
        {
            throw new AwsStandInException("MessageNotInflight", "Value for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.");
        }

        queue.SetVisible(message, queues.Now.AddSeconds(seconds));
        return [];
    }

    private JsonObject GetUrl(JsonElement body) =>
        new() { ["QueueUrl"] = (queues.ByName(body.Text("QueueName") ?? "") ?? throw NoQueue()).Url };

    private Queue QueueOf(JsonElement body) =>
        queues.ByUrl(body.Text("QueueUrl") ?? throw new AwsStandInException("MissingParameter", "The request must contain the parameter QueueUrl.")) ?? throw NoQueue();

    private static string HandleOf(JsonElement body)
    {
        var handle = body.Text("ReceiptHandle") ?? throw new AwsStandInException("MissingParameter", "The request must contain the parameter ReceiptHandle.");
        return handle.Contains('#', StringComparison.Ordinal) ? handle : throw new AwsStandInException("ReceiptHandleIsInvalid", $"The input receipt handle \"{handle}\" is not a valid receipt handle.");
    }

    private static int? Between(JsonElement body, string name, int least, int most) =>
        body.Number(name) is not { } number ? null
        : number >= least && number <= most ? number
        : throw Invalid($"Value {number} for parameter {name} is invalid. Reason: Must be between {least} and {most}, if provided.");

    private static bool IsForbidden(char character) => character is < ' ' and not ('\t' or '\n' or '\r') or '\uFFFE' or '\uFFFF';

    private static AwsStandInException NoQueue() => new("com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist.");

    private static AwsStandInException Invalid(string message) => new("InvalidParameterValue", message);
}
