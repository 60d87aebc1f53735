using Amazon.Runtime;
using RunnerFleet.Cli.CommandLine;
using RunnerFleet.Cli.Connection;
using RunnerFleet.Runners;

namespace RunnerFleet.Cli.Runners;

/// <summary>Stops the task of a runner at once, without waiting for the fleet.</summary>
internal static class TaskStopper
{
    private const string Launcher = "ecs"; // ComputeRef.Launcher of UseEcs()
    private const string Reason = "TERMINATED: Stopped by force with the runnerfleet tool.";

    /// <exception cref="UsageException">The runner's task is in another cluster.</exception>
    public static void CheckCluster(Runner runner, string? cluster)
    {
        if (cluster is not null && runner.Compute is { Launcher: Launcher, Location: var location } && location != NameOf(cluster))
        {
            throw new UsageException($"The task of the runner {runner.Id} is in the cluster {location}, not in {NameOf(cluster)}. Correct --cluster (RUNNERFLEET_CLUSTER, ECS_CLUSTER).");
        }
    }

    public static async Task<(TaskStop Stop, string Words)> StopAsync(Runner runner, CommandContext context, CancellationToken cancellationToken)
    {
        if (runner.Compute is not { Launcher: Launcher } compute)
        {
            return (TaskStop.None, runner.Compute is { } other ? $"It runs on {other.Launcher}, which this tool cannot stop." : "It has no task yet.");
        }

        try
        {
            return await context.Connection.Ecs.StopTaskAsync(context.Settings.NeededCluster, compute.Id, Reason, cancellationToken).ConfigureAwait(false) is null
                ? (TaskStop.None, "ECS no longer knows its task.")
                : (TaskStop.Stopping, "Its task is told to stop.");
        }
        catch (Exception failure) when (failure is AmazonServiceException or AmazonClientException or IOException or HttpRequestException or TimeoutException)
        {
            return (TaskStop.Failed, $"Its task could not be stopped at once: {Failure.InWords(failure, context.Settings).Line}");
        }
    }

    /// <summary>The name of a cluster that may be given as an ARN.</summary>
    private static string NameOf(string cluster) => cluster[(cluster.LastIndexOf('/') + 1)..];
}
