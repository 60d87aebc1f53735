using System.Net.Sockets;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>Puts DynamoDB's failures into words for people: which table, where, and what to do.</summary>
internal sealed class DynamoDbTrouble(string region)
{
    private const int MaxWords = 400;

    public StoreUnavailableException InWords(Exception failure, string tables) => failure switch
    {
        ResourceNotFoundException or TableNotFoundException => new($"DynamoDB has no table {tables} in {region}, or it is still being made. Create it as docs/design/dynamodb.md says, or for development set RunnerFleet:Aws:DynamoDb:CreateTables; check the table's name and the region too.", failure),
        AmazonDynamoDBException { ErrorCode: "ValidationException" } invalid when invalid.Message.Contains("does not have the specified index", StringComparison.Ordinal) =>
            new($"The DynamoDB table {tables} in {region} lacks an index that this version reads: {Words(invalid)} Add the index as docs/design/dynamodb.md says.", failure),
        AmazonServiceException { ErrorCode: "AccessDeniedException" or "AccessDenied" or "NotAuthorized" } denied =>
            new($"AWS denies this host the DynamoDB table {tables} in {region}. Allow its role dynamodb:GetItem, BatchGetItem, PutItem, UpdateItem and Query on the tables and on their indexes, and kms:Decrypt where a key of yours encrypts them. AWS says: {Words(denied)}", failure),

        // The answer to a wrong signature quotes the request with its session token: neither text nor exception goes on from here.
        AmazonServiceException { ErrorCode: "InvalidSignatureException" or "SignatureDoesNotMatch" or "IncompleteSignature" } wrong =>
            new($"AWS refuses the credentials of this host for the DynamoDB table {tables} in {region} ({wrong.ErrorCode}). Check the secret key, the region and this machine's clock."),
        AmazonServiceException { ErrorCode: "UnrecognizedClientException" or "InvalidClientTokenId" or "ExpiredTokenException" or "ExpiredToken" or "MissingAuthenticationToken" or "MissingAuthenticationTokenException" } unknown =>
            new($"AWS refuses the credentials of this host for the DynamoDB table {tables} in {region} ({unknown.ErrorCode}). Renew them, or give the host a role.", failure),
        _ when IsThrottled(failure) => new($"DynamoDB throttles the table {tables} in {region}. A table on demand adapts within minutes; check the account's limits if this lasts.", failure),
        AmazonServiceException { ErrorCode: { Length: > 0 } code } other => new($"DynamoDB answered {code} for the table {tables} in {region}: {Words(other)}", failure),
        AmazonServiceException { StatusCode: not 0 } bare => new($"DynamoDB, or what stands before it, answered HTTP status {(int)bare.StatusCode} for the table {tables} in {region}. Check the address and any proxy between.", failure),
        AmazonClientException or AmazonServiceException when !IsTransport(failure.InnerException) =>
            new($"AWS could not be asked for the DynamoDB table {tables} in {region}: {Words(failure)} Give the host credentials (a role, AWS_PROFILE or AWS_ACCESS_KEY_ID) and a region.", failure),
        _ => new($"DynamoDB did not answer for the table {tables} in {region} ({failure.GetType().Name}). Check the network between this host and DynamoDB.", failure),
    };

    /// <summary>Whether the exception tells of DynamoDB or the way to it, and not of a mistake in this program.</summary>
    public static bool IsTrouble(Exception exception) => exception is AmazonClientException or AmazonServiceException or OperationCanceledException || IsTransport(exception);

    public static bool IsThrottled(Exception exception) =>
        exception is AmazonServiceException { ErrorCode: "ThrottlingException" or "Throttling" or "ProvisionedThroughputExceededException" or "RequestLimitExceeded" or "LimitExceededException" };

    private static bool IsTransport(Exception? exception) => exception switch
    {
        AggregateException several => several.InnerExceptions.All(IsTransport),
        HttpRequestException or IOException or SocketException or TimeoutException => true,
        _ => false,
    };

    private static string Words(Exception exception) => exception.Message.ToOneLine(MaxWords).Trim();
}
