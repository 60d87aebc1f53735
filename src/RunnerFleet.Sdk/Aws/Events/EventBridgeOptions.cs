using Microsoft.Extensions.Options;

namespace RunnerFleet.Aws.Events;

/// <summary>Where moves are published. Checked when the host starts.</summary>
public sealed class EventBridgeOptions
{
    /// <summary>The name or ARN of the event bus. Needs <c>events:PutEvents</c> on it.</summary>
    public string EventBusName { get; set; } = "default";

    /// <summary>How many moves may wait while EventBridge cannot be reached: 10 to 100000. Beyond it the oldest are lost, with a log line that counts them.</summary>
    public int MaxWaiting { get; set; } = 1000;
}

internal sealed class EventBridgeRules : IValidateOptions<EventBridgeOptions>
{
    public ValidateOptionsResult Validate(string? name, EventBridgeOptions options)
    {
        var errors = new ValidateOptionsResultBuilder();
        if (string.IsNullOrWhiteSpace(options.EventBusName))
        {
            errors.AddError("The EventBridge publisher needs EventBusName: the name or ARN of an event bus, such as default.");
        }

        if (options.MaxWaiting is < 10 or > 100_000)
        {
            errors.AddError($"The EventBridge publisher's MaxWaiting ({options.MaxWaiting}) must be 10 to 100000.");
        }

        return errors.Build();
    }
}
