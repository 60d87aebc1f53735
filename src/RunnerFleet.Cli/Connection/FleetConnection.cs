using Amazon.Extensions.NETCore.Setup;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using RunnerFleet.Aws.Ecs;
using RunnerFleet.Cli.CommandLine;

namespace RunnerFleet.Cli.Connection;

/// <summary>The way to a fleet: its engine over its tables, without a host and without any secret of GitHub's, and the cluster's own API. Nothing is opened before it is used.</summary>
internal sealed class FleetConnection(ToolSettings settings, ToolHost host, Questions questions) : IAsyncDisposable
{
    private readonly Lazy<ServiceProvider> _services = new(() => Compose(settings, host, questions));

    public IRunnerFleet Fleet
    {
        get
        {
            _ = settings.NeededRunnerTable;
            return Get<IRunnerFleet>();
        }
    }

    public IEcsApi Ecs => Get<IEcsApi>();

    public T Get<T>()
        where T : notnull => _services.Value.GetRequiredService<T>();

    public ValueTask DisposeAsync() => _services.IsValueCreated ? _services.Value.DisposeAsync() : default;

    private static ServiceProvider Compose(ToolSettings settings, ToolHost host, Questions questions)
    {
        var services = new ServiceCollection();
        host.Services(services);
        services.TryAddSingleton<AWSOptions>(_ => AwsAccess.OptionsFor(settings, host.Variable, questions));
        services.AddSingleton(host.Clock);
        services.AddLogging();
        var fleet = services
            .AddRunnerFleet(options =>
            {
                options.Name = settings.Fleet;
                options.Limits.Fleet = int.MaxValue; // the hosts' setting, which is not recorded; see PlaceDocument
            })
            .UseDynamoDb(options =>
            {
                options.RunnerTable = settings.RunnerTable ?? options.RunnerTable;
                options.StateTable = settings.StateTable;
            })
            .UseEcs(_ => { }) // for its client only
            .UseLauncher<NoLauncher>();
        if (settings.ClassSizesParameter is { } parameter)
        {
            fleet.UseSsmClasses(options =>
            {
                options.Parameter = parameter;
                options.CheckFargateSizes = false; // what is wrong is to be seen, and the fleet may have capacity of its own
            });
        }

        return services.BuildServiceProvider();
    }
}
