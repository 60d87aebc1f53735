using Amazon.DynamoDBv2.Model;
using Microsoft.Extensions.Logging;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>
/// Sends commits. Every try of one, the AWS SDK's and those here, carries the same token: DynamoDB does it once, and tells whoever comes back after a lost answer that it is done
/// (API Reference, TransactWriteItems, ClientRequestToken: for 10 minutes).
/// </summary>
internal sealed class DynamoDbWriter(DynamoDbConnection connection, RunnerKind runners, JobKind jobs, Random random, ILogger logger)
{
    // About 5 s in all: transactions that meet on one item take some milliseconds each.
    private const int MaxTries = 10;
    private const string InProgress = "TransactionInProgress";

    private readonly string _tables = $"{runners.Table} or {jobs.Table}";

    public async ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var transaction = new DynamoDbCommit(commit, runners, jobs);
        if (transaction.IsEmpty)
        {
            return CommitOutcome.Committed.Instance;
        }

        var token = NewToken();
        for (var tries = 1; ; tries++)
        {
            if (await TryAsync(transaction, token, cancellationToken).ConfigureAwait(false) is var (outcome, obstacle) && outcome is not null)
            {
                return outcome;
            }

            if (tries == MaxTries)
            {
                throw new StoreUnavailableException(obstacle == InProgress
                    ? $"DynamoDB was still busy with this commit to {_tables} after {MaxTries} tries. Whether it was written is unknown."
                    : $"Nothing was written: DynamoDB cancelled this commit to {_tables} {MaxTries} times in a row ({obstacle}), since others wrote the same records or it was throttled.");
            }

            logger.CommitMet(obstacle, tries);
            await connection.Pauses.WaitAsync(tries, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<(CommitOutcome? Outcome, string Obstacle)> TryAsync(DynamoDbCommit transaction, string token, CancellationToken cancellationToken)
    {
        try
        {
            var request = transaction.ToRequest(token);
            await connection.CallAsync(_tables, client => client.TransactWriteItemsAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            return (CommitOutcome.Committed.Instance, "");
        }
        catch (StoreUnavailableException e) when (e.InnerException is TransactionCanceledException { CancellationReasons: { Count: > 0 } reasons })
        {
            if (reasons.FirstOrDefault(reason => reason.Code is "ValidationError" or "ItemCollectionSizeLimitExceeded") is { } invalid)
            {
                throw new ArgumentException($"DynamoDB cannot take a record of this commit to {_tables}: {(invalid.Message ?? invalid.Code).ToOneLine(200)}", e);
            }

            return (transaction.OutcomeOf(reasons), string.Join(", ", reasons.Select(reason => reason.Code).Where(code => code is not (null or "None")).Distinct(StringComparer.Ordinal)));
        }
        catch (StoreUnavailableException e) when (e.InnerException is TransactionInProgressException)
        {
            return (null, InProgress);
        }
    }

    private string NewToken()
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
