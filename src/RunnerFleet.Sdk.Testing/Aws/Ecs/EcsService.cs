using System.Text.Json;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.Aws;

/// <summary>The operations of ECS, on the wire.</summary>
internal sealed class EcsService(EcsStandIn ecs) : AwsStandInService("AmazonEC2ContainerServiceV20141113", "ecs")
{
    public override JsonObject Answer(string operation, JsonElement body) => operation switch
    {
        "RunTask" => ecs.RunTask(body),
        "StopTask" => ecs.StopTask(body),
        "DescribeTasks" => ecs.DescribeTasks(body),
        "ListTasks" => ecs.ListTasks(body),
        "RegisterTaskDefinition" => ecs.RegisterTaskDefinition(body),
        "DescribeTaskDefinition" => ecs.DescribeTaskDefinition(body),
        _ => throw UnknownOperation(operation),
    };
}
