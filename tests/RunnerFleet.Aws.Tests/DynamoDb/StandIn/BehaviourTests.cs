using Amazon.DynamoDBv2;
using RunnerFleet.Tests.Aws;

namespace RunnerFleet.Aws.Tests.DynamoDb.StandIn;

public sealed class StandInBehaviourTests : DynamoDbBehaviour
{
    protected override Task<AmazonDynamoDBClient> ConnectAsync() => Task.FromResult(DynamoDbWorld.Empty().Client());
}

public sealed class EmulatorBehaviourTests(AwsEndpoint endpoint) : DynamoDbBehaviour
{
    // moto 5.2.1: fails (500) where an expression is broken or compares two types; looks neither at the type of index keys nor at the number of digits; and does not miss what is never mentioned.
    protected override IReadOnlySet<string> Wrong { get; } = new HashSet<string>
    {
        "size_ > :blue", "size_ BETWEEN :nine AND :five", "colour = :blue AND", "colour =", "colour & :blue", "colour = :unknown", "#unknown = :seven", "pk = :k OR sk = :k",
        "stack[2].deep, stack[0]", "index key of another type", "39 digits", nameof(A_value_that_nothing_mentions_is_refused),
    };

    protected override async Task<AmazonDynamoDBClient> ConnectAsync() => new(AwsEndpoint.Credentials, await endpoint.ConnectAsync(new AmazonDynamoDBConfig { MaxErrorRetry = 0 }, "eu-west-1"));
}
