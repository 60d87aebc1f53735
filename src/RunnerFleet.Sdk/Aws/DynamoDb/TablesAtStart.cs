using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>Makes the tables before anything else of the host starts, where that is wanted.</summary>
internal sealed class TablesAtStart(IOptions<DynamoDbStoreOptions> options, TableCreation creation) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => options.Value.CreateTables ? creation.EnsureTablesAsync(cancellationToken) : Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
