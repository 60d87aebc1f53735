using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Microsoft.Extensions.Logging;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>Makes the tables where they are not there, and waits until they are. Any number of hosts may do so at once.</summary>
internal sealed class TableCreation(IAmazonDynamoDB client, DynamoDbStoreOptions options, TimeProvider clock, Random random, ILogger<TableCreation> logger)
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly DynamoDbConnection _connection = new(client, clock, random);

    /// <exception cref="StoreUnavailableException">DynamoDB refused, did not answer or took too long; or a table is there and lacks an index.</exception>
    public async Task EnsureTablesAsync(CancellationToken cancellationToken)
    {
        var (runners, state) = (TableShapes.Runners(options.RunnerTable), TableShapes.State(options.StateTableName()));
        await AskForAsync(runners, cancellationToken).ConfigureAwait(false);
        await AskForAsync(state, cancellationToken).ConfigureAwait(false);
        await FinishAsync(runners, cancellationToken).ConfigureAwait(false);
        await FinishAsync(state, cancellationToken).ConfigureAwait(false);
    }

    private async Task AskForAsync(CreateTableRequest shape, CancellationToken cancellationToken)
    {
        if (await DescribeAsync(shape.TableName, cancellationToken).ConfigureAwait(false) is not null)
        {
            return;
        }

        try
        {
            await _connection.CallAsync(shape.TableName, dynamo => dynamo.CreateTableAsync(shape, cancellationToken), cancellationToken).ConfigureAwait(false);
            logger.TableAskedFor(shape.TableName);
        }
        catch (StoreUnavailableException e) when (e.InnerException is ResourceInUseException)
        {
            // Another host was faster.
        }
    }

    private async Task FinishAsync(CreateTableRequest shape, CancellationToken cancellationToken)
    {
        var table = await WaitAsync(shape.TableName, cancellationToken).ConfigureAwait(false);
        if (shape.GlobalSecondaryIndexes.FirstOrDefault(index => table.GlobalSecondaryIndexes?.Any(there => there.IndexName == index.IndexName) is not true) is { } missing)
        {
            throw new StoreUnavailableException($"The DynamoDB table {shape.TableName} is there and has no index {missing.IndexName}: it is not one of RunnerFleet, or was made by hand. Choose another name, or add the index as docs/design/dynamodb.md says.");
        }

        if (await HasTimeToLiveAsync(shape.TableName, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        var request = new UpdateTimeToLiveRequest { TableName = shape.TableName, TimeToLiveSpecification = new() { Enabled = true, AttributeName = Attributes.ExpiresAt } };
        try
        {
            await _connection.CallAsync(shape.TableName, dynamo => dynamo.UpdateTimeToLiveAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException) when (!cancellationToken.IsCancellationRequested)
        {
            if (!await HasTimeToLiveAsync(shape.TableName, cancellationToken).ConfigureAwait(false))
            {
                throw;
            }
        }

        logger.TableReady(shape.TableName);
    }

    private async Task<TableDescription> WaitAsync(string name, CancellationToken cancellationToken)
    {
        for (var since = clock.GetTimestamp(); ;)
        {
            var table = await DescribeAsync(name, cancellationToken).ConfigureAwait(false);
            if (table?.TableStatus == TableStatus.ACTIVE && table.GlobalSecondaryIndexes?.All(index => index.IndexStatus == IndexStatus.ACTIVE) is not false)
            {
                return table;
            }

            if (clock.GetElapsedTime(since) > s_patience)
            {
                throw new StoreUnavailableException($"The DynamoDB table {name} is still not ACTIVE after {s_patience.TotalMinutes} minutes ({table?.TableStatus?.Value ?? "not there"}). Look at it in the AWS console, and start this host again.");
            }

            await Task.Delay(s_lookEvery, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<TableDescription?> DescribeAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return (await _connection.CallAsync(name, dynamo => dynamo.DescribeTableAsync(name, cancellationToken), cancellationToken).ConfigureAwait(false)).Table;
        }
        catch (StoreUnavailableException e) when (e.InnerException is ResourceNotFoundException)
        {
            return null;
        }
    }

    private async Task<bool> HasTimeToLiveAsync(string name, CancellationToken cancellationToken)
    {
        var request = new DescribeTimeToLiveRequest { TableName = name };
        var answer = await _connection.CallAsync(name, dynamo => dynamo.DescribeTimeToLiveAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        return answer.TimeToLiveDescription?.TimeToLiveStatus?.Value is "ENABLED" or "ENABLING";
    }
}
