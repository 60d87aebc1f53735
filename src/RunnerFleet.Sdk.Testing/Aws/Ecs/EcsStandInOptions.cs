namespace RunnerFleet.Testing.Aws;

/// <summary>How fast, and how well, ECS works. May be changed at any time; what has begun goes on as it began.</summary>
public sealed class EcsStandInOptions
{
    /// <summary>How long a new task is PROVISIONING.</summary>
    public TimeSpan Provisioning { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>How long it then is PENDING, while its image is pulled.</summary>
    public TimeSpan Pending { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a container takes to end after SIGTERM.</summary>
    public TimeSpan Stopping { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a task is DEPROVISIONING after its container has ended.</summary>
    public TimeSpan Deprovisioning { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a new task is unknown to every operation but the RunTask that started it: ECS's API is eventually consistent. At first not at all.</summary>
    public TimeSpan ConsistencyDelay { get; set; }

    /// <summary>Whether ListTasks refuses a <c>desiredStatus</c> beside <c>startedBy</c>, as a strict reading of its documentation has it. At first it takes both, as ECS is known to do.</summary>
    public bool RefusesStatusBesideStartedBy { get; set; }

    /// <summary>How many on-demand vCPUs may run at once on Fargate; <see langword="null"/> for no quota.</summary>
    public double? OnDemandVCpuQuota { get; set; }

    /// <summary>The same of Fargate Spot.</summary>
    public double? SpotVCpuQuota { get; set; }

    /// <summary>How often RunTask may be called; <see langword="null"/> for any number.</summary>
    public EcsStandInRate? RunTaskRate { get; set; }

    /// <summary>How often StopTask may be called.</summary>
    public EcsStandInRate? StopTaskRate { get; set; }

    /// <summary>How often DescribeTasks and ListTasks may be called together.</summary>
    public EcsStandInRate? ReadRate { get; set; }

    /// <summary>How often RegisterTaskDefinition may be called.</summary>
    public EcsStandInRate? RegisterRate { get; set; }

    /// <summary>How often DescribeTaskDefinition may be called.</summary>
    public EcsStandInRate? DescribeDefinitionRate { get; set; }

    /// <summary>
    /// Sets all rates to those of AWS (<see href="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html">request throttling of the ECS API</see>;
    /// <see href="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/throttling.html">Fargate throttling limits</see>).
    /// </summary>
    public void UseRatesOfAws()
    {
        RunTaskRate = new(20, 20);
        StopTaskRate = new(100, 40);
        ReadRate = new(100, 20);
        RegisterRate = new(20, 1);
        DescribeDefinitionRate = new(50, 20);
    }
}

/// <summary>A limit of requests: so many at once, and so many a second over time. Further ones are answered with a ThrottlingException.</summary>
/// <param name="Burst">At once.</param>
/// <param name="PerSecond">Over time.</param>
public sealed record EcsStandInRate(int Burst, double PerSecond);
