using System.Net.Sockets;
using Amazon.Runtime;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Storage;

namespace RunnerFleet.Cli.Connection;

/// <summary>Puts what went wrong into one line for people: what, where, and what to do.</summary>
internal static class Failure
{
    private static readonly (string Setting, string Option)[] s_options =
    [
        ("Name: RunnerFleet:Name", "--fleet"),
        ("RunnerFleet:Aws:DynamoDb:RunnerTable and StateTable", "--runner-table and --state-table"),
        ("RunnerFleet:Aws:DynamoDb:RunnerTable", "--runner-table"),
        ("RunnerFleet:Aws:DynamoDb:StateTable", "--state-table"),
    ];

    public static (ExitCode Code, string Line) InWords(Exception failure, ToolSettings settings) => failure switch
    {
        UsageException => (ExitCode.Usage, failure.Message),
        OptionsValidationException wrong => (ExitCode.Usage, s_options.Aggregate(string.Join(' ', wrong.Failures), (line, name) => line.Replace(name.Setting, name.Option, StringComparison.Ordinal))),

        // What AWS itself said is within; without it the message says all that may be said.
        StoreUnavailableException or ClassesUnavailableException => failure.InnerException is { } inner && OfAws(inner, settings) is { } line ? (ExitCode.Aws, line) : (ExitCode.Aws, failure.Message),
        InvalidOperationException { InnerException: AmazonClientException inner } when OfAws(inner, settings) is { } line => (ExitCode.Aws, line), // a client could not even be made
        _ when OfAws(failure, settings) is { } line => (ExitCode.Aws, line),
        _ => (ExitCode.Bug, $"This should not happen: {failure.GetType().Name}: {failure.Message} Run it again with --debug, and report what it shows."),
    };

    private static string? OfAws(Exception failure, ToolSettings settings) => failure switch
    {
        AmazonServiceException { ErrorCode: { Length: > 0 } code } refusal => OfCode(code, refusal, settings),
        AggregateException { InnerExceptions: [var only] } => OfAws(only, settings),
        _ when IsTransport(failure) => $"AWS does not answer in {settings.RegionInWords} ({Innermost(failure).Message.TrimEnd('.')}). Is the region right, and is there a network?",
        _ when IsSignInNeeded(failure) => SignIn("There is no valid session of AWS single sign-on", settings),
        AmazonClientException or AmazonServiceException when IsTransport(failure.InnerException) => OfAws(failure.InnerException!, settings),
        AmazonClientException when failure.Message.StartsWith("Failed to resolve AWS credentials", StringComparison.Ordinal) => "There are no AWS credentials. Name a profile (--profile, AWS_PROFILE), or sign in (aws sso login).", // what follows tells of every place that was looked at
        AmazonClientException when Innermost(failure).Message.Contains("MfaTokenCodeCallback", StringComparison.Ordinal) => "The profile needs an MFA code, and there is nobody to ask here. Run the tool at a terminal, or give it a session that has one.",
        AmazonServiceException { StatusCode: not 0 } bare => $"AWS, or what stands before it, answered HTTP status {(int)bare.StatusCode} in {settings.RegionInWords} and gave no reason. Are the region, AWS_ENDPOINT_URL and any proxy between right?",
        AmazonClientException or AmazonServiceException => $"AWS could not be asked: {Innermost(failure).Message.TrimEnd('.')}. Are credentials, profile and region right?",
        _ => null,
    };

    private static string OfCode(string code, AmazonServiceException refusal, ToolSettings settings) => code switch
    {
        "ResourceNotFoundException" or "TableNotFoundException" =>
            $"There is no table '{settings.RunnerTable}'{(settings.StateTable is { } state ? $" or '{state}'" : ", or none with -state behind that name,")} in {settings.RegionInWords}. Are RUNNER_TABLE (--runner-table) and the region right?",
        "ParameterNotFound" or "ParameterVersionNotFound" => $"There is no parameter '{settings.ClassSizesParameter}' in {settings.RegionInWords}. Are CLASS_SIZES_PARAM (--class-sizes-param) and the region right?",
        "ClusterNotFoundException" => $"There is no ECS cluster '{settings.Cluster}' in {settings.RegionInWords}. Are --cluster and the region right?",
        "ExpiredToken" or "ExpiredTokenException" or "RequestExpired" => SignIn("The AWS session has expired", settings),
        "UnrecognizedClientException" or "InvalidClientTokenId" or "InvalidAccessKeyId" or "MissingAuthenticationToken" or "MissingAuthenticationTokenException" =>
            $"AWS does not know these credentials in {settings.RegionInWords} ({code}). Another profile (--profile, AWS_PROFILE) or another region?",
        "InvalidSignatureException" or "SignatureDoesNotMatch" or "IncompleteSignature" => $"AWS refuses the signature ({code}). Is the secret key whole, and this machine's clock right?", // AWS's own words quote the request
        "AccessDeniedException" or "AccessDenied" or "NotAuthorized" or "UnauthorizedOperation" => $"AWS denies it: {refusal.Message.TrimEnd('.')}. docs/cli.md lists the permissions that the tool needs.",
        "ValidationException" when refusal.Message.Contains("does not have the specified index", StringComparison.Ordinal) || refusal.Message.Contains("does not match the schema", StringComparison.Ordinal) || refusal.Message.Contains("missed key schema", StringComparison.Ordinal) =>
            $"The table '{settings.RunnerTable}', or the one beside it, is none of RunnerFleet's of this version: {refusal.Message}",
        "ThrottlingException" or "Throttling" or "ProvisionedThroughputExceededException" or "RequestLimitExceeded" => $"AWS asks for fewer requests in {settings.RegionInWords} ({code}). Try again in a while.",
        _ => $"AWS answered {code}: {refusal.Message}",
    };

    private static string SignIn(string what, ToolSettings settings) => $"{what}. Sign in again: aws sso login{(settings.Profile is { } profile ? $" --profile {profile}" : "")}, or renew the credentials.";

    private static bool IsSignInNeeded(Exception failure) =>
        failure is AmazonClientException && failure.ToString().Contains("SSO", StringComparison.Ordinal);

    private static bool IsTransport(Exception? failure) => failure is HttpRequestException or IOException or SocketException or TimeoutException || failure is OperationCanceledException { InnerException: TimeoutException };

    private static Exception Innermost(Exception failure) => failure.InnerException is { } inner ? Innermost(inner) : failure;
}
