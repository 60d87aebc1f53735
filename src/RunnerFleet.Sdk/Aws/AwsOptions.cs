using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Aws.DynamoDb;
using RunnerFleet.Aws.Ecs;
using RunnerFleet.Aws.Events;
using RunnerFleet.Aws.Sqs;
using RunnerFleet.Aws.Ssm;

namespace RunnerFleet.Aws;

/// <summary>A whole fleet on AWS: what <c>UseAws</c> sets up. What stays <see langword="null"/> is not used.</summary>
public sealed class AwsOptions
{
    /// <summary>The tables that keep the fleet.</summary>
    public DynamoDbStoreOptions DynamoDb { get; } = new();

    /// <summary>The cluster that runs it.</summary>
    public EcsLauncherOptions Ecs { get; } = new();

    /// <summary>What builds the images that jobs name. None: jobs with <c>image:</c> are refused.</summary>
    public CodeBuildImageOptions? CodeBuild { get; set; }

    /// <summary>The parameter that holds the classes. None: <c>RunnerFleet:Classes</c>.</summary>
    public SsmClassOptions? Ssm { get; set; }

    /// <summary>The queue between hosts, and the one that events come by. None: hints stay within each process, and what events would tell, sweeps find out.</summary>
    public SqsQueueOptions? Sqs { get; set; }

    /// <summary>Where moves of runners are published. None: nowhere.</summary>
    public EventBridgeOptions? Events { get; set; }
}
