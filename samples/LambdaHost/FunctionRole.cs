using RunnerFleet.Aws.Events;

namespace LambdaHost;

/// <summary>What a function is for: <c>RunnerFleet:Role</c>. One package serves several functions.</summary>
internal enum FunctionRole
{
    /// <summary>Everything.</summary>
    All,

    /// <summary>Requests of GitHub and of runners.</summary>
    Ingress,

    /// <summary>Messages, events, and drains.</summary>
    Worker,

    /// <summary>What schedules ask for: sweeps and drains.</summary>
    Sweeper,
}

internal static class FunctionRoles
{
    public static FunctionRole Read(string? setting) => setting switch
    {
        null or "" or "all" => FunctionRole.All,
        "ingress" => FunctionRole.Ingress,
        "worker" => FunctionRole.Worker,
        "sweeper" => FunctionRole.Sweeper,
        _ => throw new RefusalException($"RunnerFleet:Role is '{setting}'. It must be all, ingress, worker or sweeper."),
    };

    public static bool TakesHttp(this FunctionRole role) => role is FunctionRole.All or FunctionRole.Ingress;

    /// <summary>What is not understood is for nobody; each role but that of requests says so itself.</summary>
    public static bool Takes(this FunctionRole role, AwsEventKind kind) => role switch
    {
        FunctionRole.All => true,
        FunctionRole.Worker => kind is not AwsEventKind.Sweep,
        FunctionRole.Sweeper => kind is not (AwsEventKind.Batch or AwsEventKind.News),
        _ => false,
    };

    public static string Sentence(this FunctionRole role) => role switch
    {
        FunctionRole.Ingress => "This function has the role ingress: it answers requests of GitHub and of runners only. Send events, messages and schedules to one with the role worker, sweeper or all.",
        FunctionRole.Worker => "This function has the role worker: it takes messages, events and drains only. Send requests to one with the role ingress or all, and sweeps to one with the role sweeper or all.",
        _ => "This function has the role sweeper: it takes sweeps and drains only. Send requests to one with the role ingress or all, and messages and events to one with the role worker or all.",
    };
}

/// <summary>Why a function cannot work as it is configured; a sentence for people.</summary>
internal sealed class RefusalException(string message) : Exception(message);
