using Microsoft.Extensions.Logging;

namespace RunnerFleet.Aws.Ecs;

internal static partial class EcsLog // ECS: 6100-6199
{
    [LoggerMessage(6101, LogLevel.Information, "Task definition {TaskDefinition} registered for the image {Image}.")]
    public static partial void DefinitionRegistered(this ILogger logger, string taskDefinition, string image);

    [LoggerMessage(6102, LogLevel.Warning, "Task definition {TaskDefinition} starts no tasks any more: somebody deregistered it. It is looked up again.")]
    public static partial void DefinitionGone(this ILogger logger, string taskDefinition);

    [LoggerMessage(6103, LogLevel.Warning, "ECS started a task for {Token} by another request before: settings changed while the launch was under way. That task is adopted: {Tasks}")]
    public static partial void TokenInUse(this ILogger logger, string token, string tasks);

    [LoggerMessage(6104, LogLevel.Information, "Task {Task} is told to stop: {Reason}")]
    public static partial void StopAsked(this ILogger logger, string task, string reason);

    [LoggerMessage(6105, LogLevel.Warning, "ECS lists no stopped tasks by startedBy. All stopped tasks of the cluster are looked through for {Token}.")]
    public static partial void NoStoppedByToken(this ILogger logger, string token);
}
