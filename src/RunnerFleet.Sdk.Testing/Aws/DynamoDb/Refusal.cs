namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>DynamoDB's refusals (API Reference, "Error handling").</summary>
internal static class Refusal
{
    public static AwsStandInException Invalid(string message) => new("ValidationException", message);

    public static AwsStandInException InvalidParameter(string message) => Invalid("One or more parameter values were invalid: " + message);

    public static AwsStandInException NoTable(string name) => new("ResourceNotFoundException", $"Requested resource not found: Table: {name} not found");

    public static AwsStandInException InUse(string message) => new("ResourceInUseException", message);

    public static AwsStandInException ConditionFailed(Item? found) => new("ConditionalCheckFailedException", "The conditional request failed")
    {
        Details = found is null ? [] : new() { ["Item"] = found.ToJson() },
    };
}
