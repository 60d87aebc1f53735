using RunnerFleet.Compute;

namespace RunnerFleet.Aws.Ecs;

/// <summary>Settings of the ECS launcher. They are checked when the host starts. Region, credentials and endpoints are those of the AWS SDK (<c>AWSOptions</c>, section <c>AWS</c>, environment).</summary>
public sealed class EcsLauncherOptions
{
    /// <summary>Name or ARN of the cluster that tasks run in. It may hold other tasks too, and those of other fleets. Required.</summary>
    public string? Cluster { get; set; }

    /// <summary>Subnets of the tasks, 1 to 16 of one VPC, best of several availability zones: Fargate's capacity differs from zone to zone. They need a way to GitHub, to the control plane and to the image's registry.</summary>
    public IList<string> Subnets { get; init; } = [];

    /// <summary>Security groups of the tasks, at most 5. A runner needs to reach others, and nobody needs to reach it. None: the VPC's default group.</summary>
    public IList<string> SecurityGroups { get; init; } = [];

    /// <summary>Whether tasks have a public IP address, which a subnet without NAT gateway or endpoints needs. Default false. Fargate only.</summary>
    public bool AssignPublicIp { get; set; }

    /// <summary>The role that pulls images and writes logs. Fargate requires it for images in ECR and for <see cref="LogGroup"/>.</summary>
    public string? ExecutionRoleArn { get; set; }

    /// <summary>A role for what runs in the task. Default none: a job could use whatever it allows, and a runner needs none. Required by <see cref="EnableExecuteCommand"/>.</summary>
    public string? TaskRoleArn { get; set; }

    /// <summary>The CloudWatch log group that runners write to. It must exist. Default none: what a runner says is lost with it.</summary>
    public string? LogGroup { get; set; }

    /// <summary>What the names of log streams begin with; <c>/runner/&lt;task id&gt;</c> follows.</summary>
    public string LogStreamPrefix { get; set; } = "runnerfleet";

    /// <summary>The region of <see cref="LogGroup"/>. Default: that of <see cref="Cluster"/>, if it is an ARN.</summary>
    public string? LogRegion { get; set; }

    /// <summary>The runner image of launches that bring none, because there is no image builder. Jobs without any image are refused where it is not set.</summary>
    public string? DefaultImage { get; set; }

    /// <summary>Whether <c>capacity:spot</c> is offered: Fargate Spot, whose capacity provider <c>FARGATE_SPOT</c> must be associated with the cluster. Default true.</summary>
    public bool Spot { get; set; } = true;

    /// <summary>
    /// Classes that run on a capacity provider of the cluster, of EC2 instances or ECS Managed Instances, instead of Fargate: class name to provider name. Their sizes are not bound to Fargate's;
    /// disk is the instances' own; how they are paid for is the provider's matter.
    /// </summary>
    public IDictionary<string, string> ClassCapacityProviders { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Further tags of the tasks, at most 40, for instance for cost reports. Keys beginning with <c>runnerfleet:</c> are the fleet's own.</summary>
    public IDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether tags that somebody gave the task definition become tags of its tasks. The launcher gives it none. Default false.</summary>
    public bool PropagateTags { get; set; }

    /// <summary>Whether ECS Exec may open a shell in a running task, and so in a job with all its secrets. Needs <see cref="TaskRoleArn"/> with rights for SSM Session Manager. Default false.</summary>
    public bool EnableExecuteCommand { get; set; }

    /// <summary>The Fargate platform version. Default: ECS's <c>LATEST</c>.</summary>
    public string? PlatformVersion { get; set; }

    /// <summary>Seconds that a runner which was told to stop has before it is killed: 2 to 120 (Fargate's longest).</summary>
    public int StopTimeoutSeconds { get; set; } = 120;

    /// <summary>Further environment variables of every runner, such as <c>https_proxy</c>. Jobs can read them, and whoever may describe tasks: no secrets. None that begins with <c>RUNNERFLEET_</c> (<see cref="RunnerEnvironment"/>).</summary>
    public IDictionary<string, string> EnvironmentVariables { get; init; } = new Dictionary<string, string>();
}
