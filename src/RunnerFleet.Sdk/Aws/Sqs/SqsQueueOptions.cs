using Microsoft.Extensions.Options;

namespace RunnerFleet.Aws.Sqs;

/// <summary>Which queues of SQS carry hints and events. Checked when the host starts.</summary>
public sealed class SqsQueueOptions
{
    /// <summary>
    /// The address of the standard queue that carries hints between the hosts of a fleet, such as <c>https://sqs.eu-central-1.amazonaws.com/123456789012/fleet</c>. Required; each fleet needs its own.
    /// Needs <c>sqs:SendMessage</c>, and where a host waits for hints <c>sqs:ReceiveMessage</c> and <c>sqs:DeleteMessage</c>.
    /// </summary>
    public Uri? QueueUrl { get; set; }

    /// <summary>
    /// The address of the queue that rules of EventBridge send events of AWS to; it may be <see cref="QueueUrl"/>. A hosted service receives them. <see langword="null"/>: none does, as where a Lambda function is called with them; what has
    /// happened is then found out by that function, or by the sweep.
    /// </summary>
    public Uri? EventsQueueUrl { get; set; }

    /// <summary>
    /// How long, in seconds, a received message is kept from others, and how long handling it may take: 10 to 900. What is not handled in that time comes again. Give the queue a redrive policy, so that what fails again and again, or
    /// what nobody understands, ends in a dead-letter queue where a person finds it.
    /// </summary>
    public int VisibilitySeconds { get; set; } = 120;
}

internal sealed class SqsQueueRules : IValidateOptions<SqsQueueOptions>
{
    public ValidateOptionsResult Validate(string? name, SqsQueueOptions options)
    {
        var errors = new ValidateOptionsResultBuilder();
        if (options.QueueUrl is null)
        {
            errors.AddError("The SQS queue needs QueueUrl: the address of a standard queue, such as https://sqs.eu-central-1.amazonaws.com/123456789012/fleet.");
        }

        Check(errors, nameof(options.QueueUrl), options.QueueUrl);
        Check(errors, nameof(options.EventsQueueUrl), options.EventsQueueUrl);
        if (options.VisibilitySeconds is < 10 or > 900)
        {
            errors.AddError($"The SQS queue's VisibilitySeconds ({options.VisibilitySeconds}) must be 10 to 900.");
        }

        return errors.Build();
    }

    private static void Check(ValidateOptionsResultBuilder errors, string setting, Uri? url)
    {
        if (url is not null && !(url.IsAbsoluteUri && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)) && url.Segments.Length > 1))
        {
            errors.AddError($"The SQS queue's {setting} ({url.ToString().Quoted()}) must be the https address of a queue, such as https://sqs.eu-central-1.amazonaws.com/123456789012/fleet.");
        }
        else if (url?.AbsolutePath.EndsWith(".fifo", StringComparison.Ordinal) == true)
        {
            errors.AddError($"The SQS queue's {setting} ({url.ToString().Quoted()}) is a FIFO queue, which takes no delay of a single message. Make it a standard queue.");
        }
    }
}
