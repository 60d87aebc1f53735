using RunnerFleet.Aws.Ecs;
using RunnerFleet.Cli.Output;
using RunnerFleet.Runners;

namespace RunnerFleet.Cli.Clusters;

/// <summary>Reads a cluster's tasks and compares them with a fleet's records.</summary>
internal sealed class ClusterTasks(IEcsApi ecs, IRunnerFleet fleet)
{
    private const int PageSize = 100; // the most that ListTasks and DescribeTasks take
    private const int MostRunners = 100_000;

    /// <summary>Tasks move from RUNNING to STOPPED and never back, and a record names its task later than ECS knows it: read in this order, nothing is missing that is there.</summary>
    public async Task<ClusterDocument> ReadAsync(string cluster, CancellationToken cancellationToken)
    {
        RunnerState[] living = [RunnerState.Starting, RunnerState.WaitingForJob, RunnerState.Running];
        var (runners, _) = await Pages.ReadAsync(MostRunners, (take, continuation) => fleet.ListRunnersAsync(new() { States = living, Take = take, Continuation = continuation }, cancellationToken)).ConfigureAwait(false);
        var tasks = new Dictionary<string, EcsTask>(StringComparer.Ordinal);
        foreach (var desired in new[] { "RUNNING", "STOPPED" })
        {
            await foreach (var task in ListAsync(cluster, desired, cancellationToken).ConfigureAwait(false))
            {
                tasks[task.TaskArn] = task;
            }
        }

        var records = runners.Select(runner => runner.Id).ToHashSet(StringComparer.Ordinal);
        var documents = new List<TaskDocument>();
        foreach (var task in tasks.Values.OrderBy(OrderOf).ThenByDescending(task => task.CreatedAt).ThenBy(task => task.TaskArn, StringComparer.Ordinal))
        {
            documents.Add(await DescribeAsync(task, records, cancellationToken).ConfigureAwait(false));
        }

        return new(cluster, documents, [.. runners.Where(runner => runner.Compute is { } compute && compute.Location == NameOf(cluster) && !tasks.ContainsKey(compute.Id)).Select(Runners.RunnerDocument.Of)]);
    }

    private async IAsyncEnumerable<EcsTask> ListAsync(string cluster, string desired, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? next = null;
        do
        {
            var page = await ecs.ListTasksAsync(new() { Cluster = cluster, DesiredStatus = desired, MaxResults = PageSize, NextToken = next }, cancellationToken).ConfigureAwait(false);
            var described = page.TaskArns.Count == 0 ? [] : (await ecs.DescribeTasksAsync(cluster, page.TaskArns, cancellationToken).ConfigureAwait(false)).Tasks;
            foreach (var task in described)
            {
                yield return task;
            }

            next = page.NextToken;
        }
        while (next is not null);
    }

    private async Task<TaskDocument> DescribeAsync(EcsTask task, HashSet<string> records, CancellationToken cancellationToken)
    {
        // ComputeIdentity.Token: fleet, runner, attempt.
        if (task.StartedBy?.Split('/') is not [var owner, var runnerId, _] || !RunnerName.IsId(runnerId))
        {
            return TaskDocument.Of(task, TaskOwner.Others, null, null);
        }

        if (owner != fleet.Name)
        {
            return TaskDocument.Of(task, TaskOwner.AnotherFleet, runnerId, null);
        }

        // The list lags behind the records, and leaves out those that have ended. What has stopped needs none.
        bool? isThere = task.LastStatus == "STOPPED" ? null : records.Contains(runnerId) || await fleet.GetRunnerAsync(runnerId, cancellationToken).ConfigureAwait(false) is not null;
        return TaskDocument.Of(task, TaskOwner.ThisFleet, runnerId, isThere);
    }

    private static int OrderOf(EcsTask task) => Array.IndexOf(["RUNNING", "PROVISIONING", "PENDING", "ACTIVATING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"], task.LastStatus);

    private static string NameOf(string cluster) => cluster[(cluster.LastIndexOf('/') + 1)..];
}
