using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>Settings of the DynamoDB store. They are checked when the host starts. Region, credentials and address are those of the AWS SDK: <c>AWS_REGION</c>, a profile or a role, <c>AWS_ENDPOINT_URL_DYNAMODB</c>.</summary>
public sealed class DynamoDbStoreOptions
{
    /// <summary>The table of runners. Several fleets may share it, each with a name of its own. 3 to 255 of letters, digits, <c>_</c>, <c>.</c> and <c>-</c>.</summary>
    public string RunnerTable { get; set; } = "runnerfleet-runners";

    /// <summary>The table of everything else: jobs, places, leases and other small facts. Default: the name of <see cref="RunnerTable"/> with <c>-state</c> behind it.</summary>
    public string? StateTable { get; set; }

    /// <summary>
    /// Makes the tables when the host starts, with their indexes and time to live, where they are not there. For development: the host's role must then be allowed to make tables, and they have neither
    /// point-in-time recovery nor a key of yours. Default: they must be there.
    /// </summary>
    public bool CreateTables { get; set; }
}

internal sealed partial class DynamoDbStoreRules : IValidateOptions<DynamoDbStoreOptions>
{
    public ValidateOptionsResult Validate(string? name, DynamoDbStoreOptions options)
    {
        var errors = new ValidateOptionsResultBuilder();
        foreach (var (setting, table) in new[] { (nameof(options.RunnerTable), options.RunnerTable), (nameof(options.StateTable), options.StateTableName()) })
        {
            if (!TableName().IsMatch(table))
            {
                errors.AddError($"RunnerFleet:Aws:DynamoDb:{setting} ({table.Quoted()}) must have 3 to 255 of letters, digits, '_', '.' and '-'.");
            }
        }

        if (options.RunnerTable == options.StateTableName())
        {
            errors.AddError($"RunnerFleet:Aws:DynamoDb:RunnerTable and StateTable are both {options.RunnerTable.Quoted()}. They have different keys, so they must be two tables.");
        }

        return errors.Build();
    }

    // Developer Guide, "Supported data types and naming rules".
    [GeneratedRegex("^[a-zA-Z0-9_.-]{3,255}$", RegexOptions.CultureInvariant)]
    private static partial Regex TableName();
}

internal static class DynamoDbTableNames
{
    public static string StateTableName(this DynamoDbStoreOptions options) => options.StateTable is { Length: > 0 } given ? given : options.RunnerTable + "-state";
}
