using System.Collections.Concurrent;
using System.Text.Json;
using Amazon.Runtime;
using RunnerFleet.Testing.Aws.DynamoDb;
using RunnerFleet.Testing.Aws.EventBridge;
using RunnerFleet.Testing.Aws.SecretsManager;
using RunnerFleet.Testing.Aws.Sqs;
using RunnerFleet.Testing.Aws.Ssm;

namespace RunnerFleet.Testing.Aws;

/// <summary>
/// AWS for tests, in this process: it keeps state, checks every request as AWS would (signature, sizes, names, limits) and refuses what AWS refuses, fails and loses answers when told
/// to, and lets time pass by the clock it is given. Reached through <see cref="Connect"/>, or by any AWS client through <see cref="AwsStandInServer"/>.
/// </summary>
/// <remarks>It knows the operations that a fleet uses; any other is refused by name. Safe for any number of callers: one request at a time takes effect.</remarks>
public sealed class AwsStandIn
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly ConcurrentQueue<AwsStandInCall> _calls = new();
    private readonly AwsStandInFaults _faults = new();
    private readonly Dictionary<string, AwsStandInService> _services;

    /// <summary>Makes an AWS account with nothing in it.</summary>
    /// <param name="clock">What time it is there.</param>
    /// <param name="region">The region that requests must be signed for.</param>
    public AwsStandIn(TimeProvider clock, string region = "eu-central-1")
    {
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentException.ThrowIfNullOrEmpty(region);
        Region = region;
        _clock = clock;
        var database = new Database(clock);
        var parameters = new Parameters(clock, region, () => Account);
        var secrets = new Secrets(clock, region, () => Account);
        var queues = new Queues(clock, region, () => Account);
        var events = new EventBuses(clock, region, () => Account);
        DynamoDb = new DynamoDbStandIn(_gate, database);
        Ecs = new(clock, region, () => Account!);
        Ecr = new EcrStandIn(this, clock, _gate);
        CodeBuild = new CodeBuildStandIn(this, clock, _gate);
        Ssm = new SsmStandIn(_gate, parameters);
        SecretsManager = new SecretsManagerStandIn(_gate, secrets);
        Sqs = new SqsStandIn(_gate, queues);
        EventBridge = new EventBridgeStandIn(_gate, events);
        AwsStandInService[] services =
        [
            new DynamoDbService(database, region, () => Account),
            new EcsService(Ecs),
            Ecr.Service,
            CodeBuild.Service,
            new SsmService(parameters),
            new SecretsManagerService(secrets),
            new SqsService(queues),
            new EventBridgeService(events),
        ];
        _services = services.ToDictionary(service => service.TargetPrefix, StringComparer.Ordinal);
    }

    /// <summary>The region.</summary>
    public string Region { get; }

    /// <summary>The account's number.</summary>
    public string Account { get; init; } = "123456789012";

    /// <summary>ECS: its clusters, task definitions and tasks.</summary>
    public EcsStandIn Ecs { get; }

    /// <summary>Its image builds.</summary>
    public CodeBuildStandIn CodeBuild { get; }

    /// <summary>Its image registry.</summary>
    public EcrStandIn Ecr { get; }

    /// <summary>The key that requests must be signed with.</summary>
    public static AWSCredentials Credentials { get; } = new BasicAWSCredentials("AKIASTANDIN", "the stand-in's secret key");

    /// <summary>Its DynamoDB.</summary>
    public DynamoDbStandIn DynamoDb { get; }

    /// <summary>Its Systems Manager: the parameters.</summary>
    public SsmStandIn Ssm { get; }

    /// <summary>Its Secrets Manager.</summary>
    public SecretsManagerStandIn SecretsManager { get; }

    /// <summary>Its queues.</summary>
    public SqsStandIn Sqs { get; }

    /// <summary>Its event buses.</summary>
    public EventBridgeStandIn EventBridge { get; }

    /// <summary>Every request so far, in the order in which they came: also those that were refused, and each try of one that was tried again.</summary>
    public IReadOnlyList<AwsStandInCall> Calls => [.. _calls];

    /// <summary>Forgets <see cref="Calls"/>, so that a test can count from here on.</summary>
    public void ForgetCalls() => _calls.Clear();

    /// <summary>Lets the next requests of an operation fail, before they have any effect.</summary>
    /// <param name="count">How many requests. A client of the AWS SDK tries again by itself what it takes for passing.</param>
    /// <param name="operation">Such as <c>RunTask</c>.</param>
    /// <param name="errorCode">Such as <c>ThrottlingException</c>.</param>
    /// <param name="message">What AWS says.</param>
    /// <param name="status">The HTTP status.</param>
    public void FailNext(int count, string operation, string errorCode, string message = "A failure that the test asked for.", int status = 400) =>
        _faults.Add(new(count, operation, new AwsStandInException(errorCode, message, status)));

    /// <summary>Lets the answers to the next requests of an operation get lost after they have had their effect: the connection breaks.</summary>
    /// <param name="count">How many requests.</param>
    /// <param name="operation">Such as <c>RunTask</c>.</param>
    public void LoseNextReplies(int count, string operation) => _faults.Add(new(count, operation, null));

    /// <summary>Forgets what <see cref="FailNext"/> and <see cref="LoseNextReplies"/> asked for and has not come yet.</summary>
    public void ForgetFaults() => _faults.Clear();

    /// <summary>Lets a client of the AWS SDK speak to this account: sets its address, its region and its way there. Give the client <see cref="Credentials"/> too.</summary>
    /// <param name="config">The client's settings.</param>
    public void Connect(ClientConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.ServiceURL = "http://aws.invalid/"; // never resolved: the handler answers
        config.AuthenticationRegion = Region;
        config.HttpClientFactory = new AwsStandInClientFactory(this);
    }

    /// <summary>An HTTP handler that answers in this process, whatever the host of the request.</summary>
    public HttpMessageHandler CreateHandler() => new AwsStandInHandler(this);

    /// <summary>One request, answered: at once, or when what it waits for has come.</summary>
    internal async Task<AwsStandInReply> AnswerAsync(AwsStandInRequest request, CancellationToken cancellationToken)
    {
        var arrived = _clock.GetUtcNow();
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                if (WaitOf(request, arrived) is not { } longPoll)
                {
                    return Answer(request);
                }

                wait = longPoll;
            }

            await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private Task? WaitOf(AwsStandInRequest request, DateTimeOffset arrived)
    {
        var (prefix, operation) = request.Target;
        try
        {
            return _faults.IsNext(operation) ? null : _services.GetValueOrDefault(prefix)?.WaitOf(operation, request.ReadBody(), arrived);
        }
        catch (Exception e) when (e is AwsStandInException or JsonException)
        {
            return null; // the answer says what is wrong
        }
    }

    private AwsStandInReply Answer(AwsStandInRequest request)
    {
        var (prefix, operation) = request.Target;
        lock (_gate)
        {
            var isLost = false;
            AwsStandInReply reply;
            try
            {
                var service = _services.GetValueOrDefault(prefix) ?? throw new AwsStandInException("UnknownOperationException", $"The stand-in knows no service with the target prefix '{prefix}'.");
                request.CheckSignature(Region, service.SigningName);
                isLost = _faults.Take(operation);
                reply = new(200, service.Answer(operation, request.ReadBody()).ToJsonString());
            }
            catch (AwsStandInException refused)
            {
                reply = new(refused.Status, refused.ToJson());
            }
            catch (JsonException)
            {
                reply = new(400, new AwsStandInException("SerializationException", "The body is not JSON.").ToJson());
            }

            _calls.Enqueue(new AwsStandInCall { Operation = operation, Body = request.Body, Status = reply.Status, IsAnswerLost = isLost });
            return reply with { IsLost = isLost };
        }
    }
}
