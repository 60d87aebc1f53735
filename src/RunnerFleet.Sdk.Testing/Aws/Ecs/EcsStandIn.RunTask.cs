using System.Text.Json;
using System.Text.Json.Nodes;
using RunnerFleet.Compute;

namespace RunnerFleet.Testing.Aws;

public sealed partial class EcsStandIn
{
    private readonly EcsTokenBucket _runs = new();
    private readonly Queue<EcsFailureAsked> _failures = [];

    /// <summary>Lets the next tasks not be placed, for a reason of the test's: RunTask answers 200 with a failure.</summary>
    /// <param name="count">How many tasks.</param>
    /// <param name="reason">Such as <c>RESOURCE:CPU</c>.</param>
    /// <param name="arn">What it is about.</param>
    /// <param name="detail">More of it.</param>
    public void FailPlacements(int count, string reason, string? arn = null, string? detail = null) => Change(_ =>
    {
        for (var i = 0; i < count; i++)
        {
            _failures.Enqueue(new(reason, arn, detail));
        }
    });

    internal JsonObject RunTask(JsonElement request) => Locked<JsonObject>(now =>
    {
        _runs.Take(Options.RunTaskRate, now);
        EcsRunTaskRules.Check(request);
        var cluster = ClusterOf(request);
        var definition = LaunchableDefinition(request.Text("taskDefinition")!);
        Require("ecs:RunTask", definition.Arn);
        foreach (var role in new[] { definition.ExecutionRole, definition.TaskRole }.OfType<string>())
        {
            Require("iam:PassRole", role);
        }

        var token = request.Text("clientToken");
        if (token is not null && KnownToken(cluster, token, now) is { } known)
        {
            // The original result, not how its task stands by now ("Ensuring idempotency").
            return JsonElement.DeepEquals(known.Request, request) ? (JsonObject)JsonNode.Parse(known.Answer)! : throw new AwsStandInException("ConflictException", "The provided client token is already in use with a different request.")
            {
                Details = new() { ["resourceIds"] = new JsonArray([.. known.Tasks.Select(arn => (JsonNode)arn)]) },
            };
        }

        var provider = ProviderOf(request, cluster);
        EcsRunTaskRules.Check(request, definition, EcsRunTaskRules.IsFargate(provider));
        var subnets = NetworkOf(request);
        var tasks = new JsonArray();
        var failures = new JsonArray();
        var started = new List<string>();
        for (var n = request.Number("count") ?? 1; n > 0; n--)
        {
            var task = NewTask(request, cluster, definition, provider, subnets, now);
            if (Trouble(task, subnets) is { } trouble)
            {
                failures.Add(FailureOf(trouble.Arn, trouble.Reason, trouble.Detail));
                continue;
            }

            _tasks.Add(task);
            started.Add(task.Arn);
            _events.Add(EventOf(task));
            tasks.Add(EcsTaskJson.Answer(task, withTags: true));
        }

        var answer = new JsonObject { ["tasks"] = tasks, ["failures"] = failures };
        if (token is not null && started.Count > 0)
        {
            cluster.Tokens[token] = new(request, answer.ToJsonString(), started, now);
        }

        return answer;
    });

    private EcsToken? KnownToken(EcsCluster cluster, string token, DateTimeOffset now)
    {
        // Good for 24 hours, or for an hour more than its task lives, whichever ends first.
        if (cluster.Tokens.TryGetValue(token, out var known) && (now - known.At >= s_tokenLife || !known.Tasks.Any(arn => _tasks.Any(task => task.Arn == arn))))
        {
            cluster.Tokens.Remove(token);
            return null;
        }

        return known;
    }

    private static string ProviderOf(JsonElement request, EcsCluster cluster)
    {
        var strategy = request.Items("capacityProviderStrategy").OrderByDescending(item => item.Number("weight") ?? 0).Select(item => item.Text("capacityProvider")!).ToArray();
        return strategy is [var first, ..]
            ? strategy.All(cluster.Providers.Contains) ? first : throw EcsBody.Invalid("The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and try again.")
            : request.Text("launchType") switch
            {
                "FARGATE" => "FARGATE",
                null or "EC2" or "EXTERNAL" => throw EcsBody.Invalid("No Container Instances were found in your cluster."),
                var type => throw EcsBody.Invalid($"The launch type {type} needs a capacity provider strategy."),
            };
    }

    private IReadOnlyList<string> NetworkOf(JsonElement request)
    {
        if (request.Member("networkConfiguration")?.Member("awsvpcConfiguration") is not { } network)
        {
            return [];
        }

        var subnets = network.Texts("subnets");
        if (subnets.FirstOrDefault(_deleted.Contains) is { } subnet)
        {
            throw EcsBody.Invalid($"Error retrieving subnet information for [{subnet}]: The subnet ID '{subnet}' does not exist (ErrorCode: InvalidSubnetID.NotFound)");
        }

        return network.Texts("securityGroups").FirstOrDefault(_deleted.Contains) is { } group
            ? throw EcsBody.Invalid($"Error retrieving security group information for [{group}]: The security group '{group}' does not exist (ErrorCode: InvalidGroup.NotFound)")
            : subnets;
    }

    private EcsTaskLife NewTask(JsonElement request, EcsCluster cluster, EcsStoredDefinition definition, string provider, IReadOnlyList<string> subnets, DateTimeOffset now)
    {
        var overrides = request.Member("overrides");
        var (cpu, memory) = (overrides?.Size("cpu") ?? definition.Cpu ?? 0, overrides?.Size("memory") ?? definition.Memory ?? 0);
        if (EcsRunTaskRules.IsFargate(provider) && !FargateSizes.IsValid(cpu, memory))
        {
            throw EcsBody.Client("No Fargate configuration exists for given values.");
        }

        var tags = new Dictionary<string, string>(request.Text("propagateTags") == "TASK_DEFINITION" ? definition.Tags : EcsRunTaskRules.TagsOf(request), StringComparer.Ordinal);
        foreach (var (key, value) in EcsRunTaskRules.TagsOf(request))
        {
            tags[key] = value;
        }

        if (request.Flag("enableECSManagedTags"))
        {
            tags["aws:ecs:clusterName"] = cluster.Name;
        }

        return new(Options, (task, _) => _events.Add(EventOf(task)), now)
        {
            Arn = Arn($"task/{cluster.Name}/{NextId()}"),
            ClusterArn = cluster.Arn,
            Definition = definition,
            Provider = provider,
            Cpu = cpu,
            Memory = memory,
            Disk = overrides?.Member("ephemeralStorage")?.Number("sizeInGiB") ?? definition.Disk ?? 20,
            Subnet = subnets.FirstOrDefault(subnet => !_exhausted.Contains(subnet)) ?? "",
            StartedBy = request.Text("startedBy"),
            PlatformVersion = EcsRunTaskRules.IsFargate(provider) ? "1.4.0" : null,
            Overrides = overrides,
            Tags = tags,
            Runs = task => Runs(SnapshotOf(task)),
            PullTrouble = task => _deleted.Contains(task.Definition.Image) ? $"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {task.Definition.Image}: not found" : null,
        };
    }

    private EcsFailureAsked? Trouble(EcsTaskLife task, IReadOnlyList<string> subnets)
    {
        if (_failures.TryDequeue(out var asked))
        {
            return asked;
        }

        if (_exhausted.Contains(task.Provider) || (subnets.Count > 0 && subnets.All(_exhausted.Contains)))
        {
            return EcsRunTaskRules.IsFargate(task.Provider)
                ? new("Capacity is unavailable at this time. Please try again later or in a different availability zone", null, null)
                : new("RESOURCE:CPU", Arn($"capacity-provider/{task.Provider}"), null);
        }

        var quota = task.Provider switch { "FARGATE" => Options.OnDemandVCpuQuota, "FARGATE_SPOT" => Options.SpotVCpuQuota, _ => null };
        var inUse = _tasks.Where(one => one.Provider == task.Provider && one.StoppedAt is null).Sum(one => one.Cpu) / 1024.0;
        return inUse + (task.Cpu / 1024.0) > quota ? new("You’ve reached the limit on the number of vCPUs you can run concurrently", null, null) : null;
    }

    private sealed record EcsFailureAsked(string Reason, string? Arn, string? Detail);
}
