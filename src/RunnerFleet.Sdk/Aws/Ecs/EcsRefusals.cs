using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Amazon.Runtime;
using RunnerFleet.Compute;
using static RunnerFleet.Aws.Ecs.EcsRefusals.Kind;

namespace RunnerFleet.Aws.Ecs;

/// <summary>
/// What it means when ECS does not start a task, and what to do: a table of codes and words, of which the first that fits counts. ECS wraps errors of others, so that the code alone misleads:
/// <see href="https://github.com/dagster-io/dagster/issues/33439">throttling by EC2 comes as an invalid parameter</see>.
/// Words are those of the ECS Developer Guide ("API failure reasons", "Fargate service quotas") and of threads that quote them.
/// </summary>
internal static partial class EcsRefusals
{
    private const int MaxWords = 400;

    private static readonly Rule[] s_rules =
    [
        new(Throttled, "")
        {
            Codes = ["ThrottlingException", "Throttling", "ThrottledException", "TooManyRequestsException", "RequestThrottled", "RequestThrottledException", "RequestLimitExceeded", "EC2ThrottledException", "SlowDown"],
        },
        new(Throttled, "") { Words = ["Rate exceeded", "Request limit exceeded", "ErrorCode: Throttl", "Too many concurrent attempts"] },

        new(NoCapacity, "") { Words = ["Capacity is unavailable"] },
        new(NoCapacity, QuotaCure) { Words = ["vCPUs you can run concurrently", "tasks you can run concurrently", "requested CPU configuration is above your limit"] },
        new(NoCapacity, "Too many tasks of the cluster wait for instances (a quota for each cluster).") { Words = ["PROVISIONING state", "provisioning capacity limit"] },
        new(NoCapacity, "The capacity provider has no instance with room for it, and adds none at once.") { Reasons = ["RESOURCE:", "AGENT"], Words = ["No Container Instances were found"] },
        new(NoCapacity, "The subnets have no free addresses: use larger ones, or more of them.") { Words = ["InsufficientFreeAddresses", "insufficient free IP", "not enough free addresses"] },

        new(Gone, "Its task definition is deregistered each time that it is looked up. See who removes task definitions of this fleet.") { Words = ["TaskDefinition is inactive", "TaskDefinition not found"] },

        new(Rejected, "There is no such cluster in this account and region. Check the ECS launcher's Cluster, and the region of the AWS settings.") { Codes = ["ClusterNotFoundException"] },
        new(Rejected, "The cluster is not active. Check the ECS launcher's Cluster.") { Words = ["Cluster was not ACTIVE", "Cluster is inactive"] },
        new(Rejected, "ECS's own role in this account is missing, or was just made. If it does not appear by itself: aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com") { Words = ["service linked role", "service-linked role"] },
        new(Rejected, "A role of the task cannot be used. Check the ECS launcher's ExecutionRoleArn and TaskRoleArn: both must exist, trust ecs-tasks.amazonaws.com, and be allowed to the control plane (iam:PassRole).") { Words = ["unable to assume the role", "iam:PassRole", "Role is not valid"] },
        new(Rejected, "The control plane lacks a permission.") { Codes = ["AccessDeniedException", "AccessDenied", "UnauthorizedException"] },
        new(Rejected, "The AWS credentials of the control plane are not valid.") { Codes = ["UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch", "MissingAuthenticationToken", "MissingAuthenticationTokenException", "IncompleteSignature", "IncompleteSignatureException", "NotAuthorized", "OptInRequired"] },
        new(Rejected, "AWS has blocked the account. AWS Support knows why.") { Codes = ["BlockedException"] },
        new(Rejected, "The ECS launcher's Subnets are not right: all must exist in this region, in one VPC.") { Words = ["InvalidSubnet", "retrieving subnet information", "subnets"] },
        new(Rejected, "The ECS launcher's SecurityGroups are not right: all must exist in this region, in the VPC of its Subnets.") { Words = ["InvalidGroup", "InvalidSecurityGroup", "retrieving security group information", "security groups"] },
        new(Rejected, "The cluster does not have the capacity provider. Associate it with the cluster (FARGATE_SPOT for spot), or change the ECS launcher's Spot or ClassCapacityProviders.") { Words = ["capacity provider"] },
        new(Rejected, "The Fargate platform version does not fit. Take the ECS launcher's PlatformVersion out, or set one that exists and runs such tasks.") { Codes = ["PlatformUnknownException", "PlatformTaskDefinitionIncompatibilityException"] },
        new(Rejected, "This region does not run such tasks. Use another architecture or another region.") { Codes = ["UnsupportedFeatureException"] },
        new(Rejected, "Fargate does not run this size. Change the class.") { Words = ["No Fargate configuration exists", "Invalid CPU or memory value", "Invalid 'cpu' setting", "Invalid 'memory' setting"] },
        new(Rejected, "No instance of the capacity provider can ever run it. Check their architecture, network interfaces and attributes.") { Reasons = ["ATTRIBUTE", "LOCATION"], Words = ["MemberOf placement constraint"] },
        new(Rejected, "ECS Exec cannot be used so. Check the ECS launcher's EnableExecuteCommand and TaskRoleArn.") { Words = ["execute command", "taskRoleArn"] },
        new(Rejected, "A thing that the launch names is not there.") { Reasons = ["MISSING", "INACTIVE"] },
    ];

    private delegate string Cure(EcsRunTaskRequest? task);

    internal enum Kind
    {
        Throttled,
        NoCapacity,
        Rejected,

        /// <summary>The task definition cannot be used any more: it is looked up again.</summary>
        Gone,
    }

    /// <summary>Whether it is trouble with ECS or on the way to it, and not a fault of this program.</summary>
    public static bool IsTrouble(Exception exception, CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested
        && exception is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException or OperationCanceledException or JsonException;

    public static bool IsDefinitionGone(Exception exception) => exception is AmazonServiceException refusal && IsAnswer(refusal) && RuleOf(refusal)?.Kind == Gone;

    public static bool IsDefinitionGone(EcsFailure failure) => failure.Reason is "MISSING" or "INACTIVE" && failure.Arn?.Contains(":task-definition/", StringComparison.Ordinal) == true;

    /// <summary>What a launch that ended so is. Whatever does not say clearly that nothing was started is unknown.</summary>
    public static LaunchOutcome Of(Exception exception, EcsRunTaskRequest? task)
    {
        var words = WordsOf(exception);
        if (exception is not AmazonServiceException refusal)
        {
            return new LaunchOutcome.Unknown(words);
        }

        var rule = RuleOf(refusal);
        return rule?.Kind != Throttled && !IsAnswer(refusal) ? new LaunchOutcome.Unknown(words)
            : rule is null ? new LaunchOutcome.Rejected(words)
            : Outcome(rule, task, words);
    }

    public static LaunchOutcome Of(EcsFailure failure, EcsRunTaskRequest task)
    {
        string?[] said = [failure.Reason, failure.Detail, failure.Arn is { } arn ? $"({arn})" : null];
        var words = $"ECS did not place it: {string.Join(" ", said.Where(word => !string.IsNullOrEmpty(word)))}".ToOneLine(MaxWords);
        return s_rules.FirstOrDefault(rule => rule.Fits(failure)) is { } rule ? Outcome(rule, task, words) : new LaunchOutcome.Rejected(words);
    }

    /// <summary>In one line what happened, for people.</summary>
    public static string WordsOf(Exception exception) => (exception switch
    {
        AmazonServiceException { ErrorCode.Length: > 0 } refusal => $"ECS answered {refusal.ErrorCode}: {refusal.Message}",
        TimeoutException or OperationCanceledException => "ECS did not answer in time.",
        HttpRequestException or IOException => $"The connection to ECS failed: {exception.Message}",
        AmazonServiceException or AmazonClientException => $"ECS could not be asked: {exception.Message}",
        _ => $"ECS's answer could not be read: {exception.Message}",
    }).ToOneLine(MaxWords);

    /// <summary>The same with what to do, where the table knows it.</summary>
    public static string SentenceOf(Exception exception) =>
        exception is AmazonServiceException refusal && RuleOf(refusal) is { } rule ? Sentence(rule, null, WordsOf(exception)) : WordsOf(exception);

    private static LaunchOutcome Outcome(Rule rule, EcsRunTaskRequest? task, string words)
    {
        var sentence = Sentence(rule, task, words);
        return rule.Kind switch
        {
            Throttled => new LaunchOutcome.Throttled(sentence),
            NoCapacity => new LaunchOutcome.NoCapacity(sentence),
            _ => new LaunchOutcome.Rejected(sentence),
        };
    }

    private static string Sentence(Rule rule, EcsRunTaskRequest? task, string words) => string.Join(" ", new[] { rule.CureOf(task), MissingPermission(words), words }.Where(part => !string.IsNullOrEmpty(part)));

    private static Rule? RuleOf(AmazonServiceException refusal) => s_rules.FirstOrDefault(rule => rule.Fits(refusal));

    /// <summary>Whether ECS itself answered and says that it did nothing. Others on the way answer with other statuses, and a server error says nothing.</summary>
    private static bool IsAnswer(AmazonServiceException exception) =>
        exception is { StatusCode: HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.NotFound, ErrorCode: { Length: > 0 } code }
        && code is not (nameof(HttpStatusCode.BadRequest) or nameof(HttpStatusCode.Forbidden) or nameof(HttpStatusCode.NotFound)) // what an answer without a code is given
        && !code.StartsWith("ExpiredToken", StringComparison.Ordinal) && code is not ("RequestExpired" or "RequestTimeout" or "RequestTimeoutException"); // passes by itself

    private static string QuotaCure(EcsRunTaskRequest? task) => task?.CapacityProvider == "FARGATE_SPOT"
        ? "The account's quota of Fargate Spot vCPUs in this region is in use. It can be raised: Service Quotas, AWS Fargate, L-36FBB829."
        : "The account's quota of Fargate On-Demand vCPUs in this region is in use. It can be raised: Service Quotas, AWS Fargate, L-3032A538.";

    private static string? MissingPermission(string words) => Permission().Match(words) is { Success: true } match
        ? $"Allow it {match.Groups["action"].Value} on {match.Groups["resource"].Value}."
        : null;

    [GeneratedRegex(@"not authorized to perform: (?<action>[A-Za-z0-9:*-]+) on resource: (?<resource>[^\s,;]+)")]
    private static partial Regex Permission();

    private sealed record Rule(Kind Kind, Cure CureOf)
    {
        public Rule(Kind kind, string cure) : this(kind, _ => cure) { }

        public string[] Codes { get; init; } = [];

        public string[] Reasons { get; init; } = [];

        public string[] Words { get; init; } = [];

        public bool Fits(AmazonServiceException refusal) => (refusal.ErrorCode is { } code && Codes.Contains(code, StringComparer.Ordinal)) || Says(refusal.Message);

        public bool Fits(EcsFailure failure) => Reasons.Any(reason => failure.Reason.StartsWith(reason, StringComparison.Ordinal)) || Says(failure.Reason) || Says(failure.Detail);

        private bool Says(string? text) => text is not null && Words.Any(word => text.Contains(word, StringComparison.OrdinalIgnoreCase));
    }
}
