using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.Ecs;

/// <summary>
/// Runs runners as tasks of an ECS cluster. All state is in ECS: what an attempt is called (<see cref="ComputeIdentity.Token"/>) is both the client token, by which ECS starts one task however
/// often it is asked, and <c>startedBy</c>, by which the task is found, listed and told from those of others.
/// </summary>
/// <remarks>A token is good for as long as its task and an hour more, 24 hours at most ("Ensuring idempotency", ECS API reference); a launch is sent again for an hour at most (StartingTimeoutSeconds).</remarks>
internal sealed class EcsLauncher : IComputeLauncher
{
    private const int PageSize = 100; // the most that ListTasks and DescribeTasks take
    private const int MaxStopReason = 255;

    /// <summary>Half of the 40 a second that RunTask and StopTask have together, and below Fargate's 20 (ECS Developer Guide, request throttling; Fargate service quotas).</summary>
    private const int ParallelLaunches = 16;

    /// <summary>How long a task may be missing from ECS's lists after the call that started it: they are eventually consistent, by seconds mostly; AWS names no bound and advises waits that grow from 2 s.</summary>
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(60);

    /// <summary>The same for a task that ECS has told of before.</summary>
    private static readonly TimeSpan s_missing = TimeSpan.FromSeconds(30);

    /// <summary>
    /// ECS's clock and this host's may differ, by less than a second where AWS keeps both. A call for the same attempt comes RetrySeconds after the one before has ended, or on another host
    /// that starts just then. The worst that comes of it is the other word, started or adopted, in a runner's history.
    /// </summary>
    private static readonly TimeSpan s_clockSkew = TimeSpan.FromSeconds(2);

    private readonly IEcsApi _ecs;
    private readonly EcsLauncherOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<EcsLauncher> _logger;
    private readonly EcsTaskContent _content;
    private readonly EcsTaskDefinitions _definitions;
    private readonly EcsAbsences _absences;

    public EcsLauncher(IEcsApi ecs, IOptions<EcsLauncherOptions> options, TimeProvider clock, ILogger<EcsLauncher> logger)
    {
        (_ecs, _options, _clock, _logger) = (ecs, options.Value, clock, logger);
        _content = new EcsTaskContent(_options);
        _definitions = new EcsTaskDefinitions(ecs, logger);
        _absences = new EcsAbsences(clock);
        Capabilities = new()
        {
            Images = true,
            Spot = _options.Spot,
            Architectures = ["x64", "arm64"],
            ParallelLaunches = ParallelLaunches,
        };
    }

    public string Name => EcsDescriptions.Launcher;

    public LauncherCapabilities Capabilities { get; }

    private string Cluster => _options.Cluster!;

    public async Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!EcsDescriptions.TryParse(request.Identity.Token, out _, out _, out _))
        {
            return new LaunchOutcome.Rejected($"{request.Identity.Token.Quoted()} is not a fleet, a runner id and an attempt from 1.");
        }

        if (_content.Objection(request) is { } objection)
        {
            return new LaunchOutcome.Rejected(objection);
        }

        var definition = _content.DefinitionOf(request.Plan, request.Identity.Fleet);
        EcsRunTaskRequest? task = null;
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                task = _content.TaskOf(request, await _definitions.GetAsync(definition, cancellationToken).ConfigureAwait(false));
                if (EcsTaskContent.Objection(task) is { } tooLong)
                {
                    return new LaunchOutcome.Rejected(tooLong);
                }

                var began = _clock.GetUtcNow();
                var result = await _ecs.RunTaskAsync(task, cancellationToken).ConfigureAwait(false);
                if (!isFirst || result is not { Tasks: [], Failures: [var failure, ..] } || !EcsRefusals.IsDefinitionGone(failure))
                {
                    return await OutcomeOfAsync(result, task, began, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception exception) when (EcsRefusals.IsTrouble(exception, cancellationToken))
            {
                if (!isFirst || task is null || !EcsRefusals.IsDefinitionGone(exception))
                {
                    return EcsRefusals.Of(exception, task);
                }
            }

            _definitions.Forget(definition.Family, task.TaskDefinition);
        }
    }

    public async Task<FindOutcome> FindAsync(ComputeIdentity identity, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!EcsDescriptions.TryParse(identity.Token, out _, out _, out _))
        {
            return FindOutcome.ConfirmedAbsent.Instance; // a launch of it is rejected
        }

        var isSettled = _clock.GetUtcNow() >= identity.LaunchCallEnds + s_settling;
        if (identity.Compute is { } compute)
        {
            return (await DescribeAsync([compute], isSettled, cancellationToken).ConfigureAwait(false))[compute];
        }

        try
        {
            if (await FindByTokenAsync(identity.Token, cancellationToken).ConfigureAwait(false) is { } task)
            {
                _absences.Seen(identity.Token);
                return new FindOutcome.Found(EcsDescriptions.Of(task));
            }
        }
        catch (Exception exception) when (EcsRefusals.IsTrouble(exception, cancellationToken))
        {
            return new FindOutcome.Unknown(EcsRefusals.SentenceOf(exception));
        }

        // Where no record says when the last call ends, the first look in vain counts as that moment.
        return isSettled || (identity.LaunchCallEnds is null && _absences.IsProven(identity.Token, s_settling))
            ? FindOutcome.ConfirmedAbsent.Instance
            : new FindOutcome.Unknown("ECS lists no such task, but its launch may be too fresh for that to prove anything.");
    }

    public async Task<StopOutcome> StopAsync(ComputeRef compute, string reason, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (NotOurs(compute) is { } objection)
        {
            return new StopOutcome.Unknown(objection);
        }

        try
        {
            var words = reason.ToOneLine(MaxStopReason);
            _logger.StopAsked(compute.Id, words);
            return await _ecs.StopTaskAsync(compute.Location, compute.Id, words, cancellationToken).ConfigureAwait(false) is not { LastStatus: not "STOPPED" }
                ? StopOutcome.Stopped.Instance
                : StopOutcome.Stopping.Instance;
        }
        catch (Exception exception) when (EcsRefusals.IsTrouble(exception, cancellationToken))
        {
            return new StopOutcome.Unknown(EcsRefusals.SentenceOf(exception));
        }
    }

    public Task<IReadOnlyDictionary<ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<ComputeRef> computes, CancellationToken cancellationToken) =>
        DescribeAsync(computes, isSettled: false, cancellationToken);

    /// <summary>Tasks that ECS means to run. One that was told to stop is no longer among them; whoever has a record of it describes it.</summary>
    public async Task<Page<ComputeDescription>> ListAsync(string fleet, string? continuation, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(fleet);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var (tasks, next, _) = await ListAsync(new EcsListTasksRequest { Cluster = Cluster, DesiredStatus = "RUNNING", MaxResults = PageSize, NextToken = continuation }, cancellationToken).ConfigureAwait(false);
            return new() { Items = [.. tasks.Where(task => EcsDescriptions.IsOf(task, fleet)).Select(EcsDescriptions.Of)], Continuation = next };
        }
        catch (Exception exception) when (EcsRefusals.IsTrouble(exception, cancellationToken))
        {
            throw new ComputeUnavailableException($"The tasks of the ECS cluster {EcsDescriptions.LastPart(Cluster)} cannot be listed. {EcsRefusals.SentenceOf(exception)}", exception);
        }
    }

    private async Task<LaunchOutcome> OutcomeOfAsync(EcsRunTaskResult result, EcsRunTaskRequest task, DateTimeOffset began, CancellationToken cancellationToken)
    {
        if (result.ConflictingTasks is { } tasks)
        {
            _logger.TokenInUse(task.ClientToken, string.Join(", ", tasks));
            return tasks is [var only] ? new LaunchOutcome.Existing(RefOf(only))
                : await FindByTokenAsync(task.ClientToken, cancellationToken).ConfigureAwait(false) is { } there ? new LaunchOutcome.Existing(EcsDescriptions.RefOf(there))
                : new LaunchOutcome.Unknown("ECS started a task for this attempt before, and does not list it yet.");
        }

        return LivingOf(result.Tasks) is { } started ? IsOlder(started, began) ? new LaunchOutcome.Existing(EcsDescriptions.RefOf(started)) : new LaunchOutcome.Launched(EcsDescriptions.RefOf(started))
            : result.Failures is [var failure, ..] ? EcsRefusals.Of(failure, task)
            : new LaunchOutcome.Unknown("ECS answered neither with a task nor with a failure.");
    }

    /// <summary>ECS answers a repeated token with the task that it started for the first.</summary>
    private static bool IsOlder(EcsTask task, DateTimeOffset began) => task.CreatedAt < began - s_clockSkew || task.LastStatus is not ("PROVISIONING" or "PENDING");

    private ComputeRef RefOf(string taskArn) => new() { Launcher = Name, Location = EcsDescriptions.ClusterOf(taskArn) ?? EcsDescriptions.LastPart(Cluster), Id = taskArn };

    private static EcsTask? LivingOf(IReadOnlyList<EcsTask> tasks) => tasks.FirstOrDefault(task => task.LastStatus != "STOPPED") ?? (tasks.Count > 0 ? tasks[0] : null);

    /// <summary>A task moves from RUNNING to STOPPED and never back: looked for in this order it cannot slip through.</summary>
    private async Task<EcsTask?> FindByTokenAsync(string token, CancellationToken cancellationToken)
    {
        var running = new EcsListTasksRequest { Cluster = Cluster, StartedBy = token };
        return LivingOf(await ListAllAsync(running, token, cancellationToken).ConfigureAwait(false)) ?? await FindStoppedAsync(running with { DesiredStatus = "STOPPED" }, token, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// ECS documents startedBy as the only filter of a listing, and is known to refuse family and launch type beside it (<see href="https://github.com/aws/aws-sdk-go-v2/issues/1893"/>). It does take
    /// the desired status: <see href="https://github.com/apache/airflow/pull/29447">Airflow finds its tasks so</see>. Should it once refuse that too, all stopped tasks are looked through.
    /// </summary>
    private async Task<EcsTask?> FindStoppedAsync(EcsListTasksRequest request, string token, CancellationToken cancellationToken)
    {
        try
        {
            return LivingOf(await ListAllAsync(request, token, cancellationToken).ConfigureAwait(false));
        }
        catch (Amazon.Runtime.AmazonServiceException refusal) when (refusal.ErrorCode == "InvalidParameterException" && refusal.Message.Contains("startedBy", StringComparison.Ordinal))
        {
            _logger.NoStoppedByToken(token);
            return LivingOf(await ListAllAsync(request with { StartedBy = null }, token, cancellationToken).ConfigureAwait(false));
        }
    }

    private async Task<IReadOnlyList<EcsTask>> ListAllAsync(EcsListTasksRequest request, string token, CancellationToken cancellationToken)
    {
        var all = new List<EcsTask>();
        string? next = null;
        do
        {
            (var tasks, next, var undescribed) = await ListAsync(request with { NextToken = next }, cancellationToken).ConfigureAwait(false);
            all.AddRange(tasks.Where(task => task.StartedBy == token));
            if (request.StartedBy == token)
            {
                all.AddRange(undescribed.Select(arn => Undescribed(arn, request)));
            }
        }
        while (next is not null);
        return all;
    }

    /// <summary>A task of the token that ECS lists and does not describe, not yet or no longer: it is there, and where it stands is for a later look.</summary>
    private EcsTask Undescribed(string arn, EcsListTasksRequest request) => new()
    {
        TaskArn = arn,
        ClusterArn = EcsDescriptions.ClusterOf(arn) ?? Cluster,
        LastStatus = "",
        DesiredStatus = request.DesiredStatus,
        StartedBy = request.StartedBy,
    };

    private async Task<(IReadOnlyList<EcsTask> Tasks, string? Next, IEnumerable<string> Undescribed)> ListAsync(EcsListTasksRequest request, CancellationToken cancellationToken)
    {
        var page = await _ecs.ListTasksAsync(request, cancellationToken).ConfigureAwait(false);
        var tasks = page.TaskArns.Count == 0 ? [] : (await _ecs.DescribeTasksAsync(request.Cluster, page.TaskArns, cancellationToken).ConfigureAwait(false)).Tasks;
        return (tasks, page.NextToken, page.TaskArns.Except(tasks.Select(task => task.TaskArn), StringComparer.Ordinal));
    }

    private async Task<IReadOnlyDictionary<ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<ComputeRef> computes, bool isSettled, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var outcomes = new Dictionary<ComputeRef, FindOutcome>();
        foreach (var compute in computes)
        {
            if (NotOurs(compute) is { } objection)
            {
                outcomes[compute] = new FindOutcome.Unknown(objection);
            }
        }

        foreach (var cluster in computes.Where(compute => !outcomes.ContainsKey(compute)).Distinct().GroupBy(compute => compute.Location))
        {
            foreach (var batch in cluster.Chunk(PageSize))
            {
                await DescribeBatchAsync(cluster.Key, batch, isSettled, outcomes, cancellationToken).ConfigureAwait(false);
            }
        }

        return outcomes;
    }

    private async Task DescribeBatchAsync(string cluster, ComputeRef[] batch, bool isSettled, Dictionary<ComputeRef, FindOutcome> outcomes, CancellationToken cancellationToken)
    {
        try
        {
            var result = await _ecs.DescribeTasksAsync(cluster, [.. batch.Select(compute => compute.Id)], cancellationToken).ConfigureAwait(false);
            foreach (var compute in batch)
            {
                outcomes[compute] = OutcomeOf(compute, result, isSettled);
            }
        }
        catch (Exception exception) when (EcsRefusals.IsTrouble(exception, cancellationToken))
        {
            var words = EcsRefusals.SentenceOf(exception);
            foreach (var compute in batch)
            {
                outcomes[compute] = new FindOutcome.Unknown(words);
            }
        }
    }

    private FindOutcome OutcomeOf(ComputeRef compute, EcsDescribeTasksResult result, bool isSettled)
    {
        if (result.Tasks.FirstOrDefault(task => task.TaskArn == compute.Id) is { } task)
        {
            _absences.Seen(compute.Id);
            return new FindOutcome.Found(EcsDescriptions.Of(task) with { Compute = compute });
        }

        return result.Failures.FirstOrDefault(failure => failure.Arn == compute.Id) is { Reason: not "MISSING" } failure
            ? new FindOutcome.Unknown($"ECS does not describe it: {failure.Reason} {failure.Detail}".ToOneLine(MaxStopReason))
            : _absences.IsProven(compute.Id, s_missing) || isSettled ? FindOutcome.ConfirmedAbsent.Instance
            : new FindOutcome.Unknown("ECS does not know the task: it may have been forgotten an hour after its end, or be too fresh. It is looked at again.");
    }

    /// <summary>Why nothing can be said of it; <see langword="null"/> for a task of ECS.</summary>
    private string? NotOurs(ComputeRef compute) => compute.Launcher != Name || !compute.Id.StartsWith("arn:", StringComparison.Ordinal)
        ? $"{compute.ToString().ToOneLine(MaxStopReason)} is not a task of ECS. Was another launcher used before? Its compute is for that launcher to describe and stop."
        : null;
}
