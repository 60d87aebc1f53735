using Amazon.DynamoDBv2;
using Amazon.Extensions.NETCore.Setup;
using Amazon.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet;
using RunnerFleet.Aws.DynamoDb;
using RunnerFleet.Aws.Wire;
using RunnerFleet.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The verb of the DynamoDB store.</summary>
public static class DynamoDbStoreExtensions
{
    // A burst is throttled until the table has adapted, and a first call opens a connection; an answer itself takes some milliseconds.
    private const int Retries = 6;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Keeps the fleet in two DynamoDB tables, which any number of hosts and fleets may share. A client that was registered before (<see cref="IAmazonDynamoDB"/>) is used as it is; else one is made from
    /// <see cref="AWSOptions"/>, the configuration section <c>AWS</c> or the environment, with 6 retries and 3 s for each try unless those say otherwise.
    /// </summary>
    public static IRunnerFleetBuilder UseDynamoDb(this IRunnerFleetBuilder builder)
    {
        builder.AddDynamoDb();
        return builder;
    }

    /// <summary>The same with tables of other names.</summary>
    public static IRunnerFleetBuilder UseDynamoDb(this IRunnerFleetBuilder builder, Action<DynamoDbStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        builder.AddDynamoDb().Configure(configure);
        return builder;
    }

    /// <summary>The same with settings from a configuration section, usually <c>configuration.GetSection("RunnerFleet:Aws:DynamoDb")</c>.</summary>
    public static IRunnerFleetBuilder UseDynamoDb(this IRunnerFleetBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        builder.AddDynamoDb().Bind(configuration);
        return builder;
    }

    private static OptionsBuilder<DynamoDbStoreOptions> AddDynamoDb(this IRunnerFleetBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DynamoDbStoreOptions>, DynamoDbStoreRules>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddAWSService<IAmazonDynamoDB>(BePatient);
        services.TryAddSingleton(provider => new TableCreation(
            AwsClients.Find<IAmazonDynamoDB>(provider), provider.GetRequiredService<IOptions<DynamoDbStoreOptions>>().Value, provider.GetRequiredService<TimeProvider>(), new SystemRandom(),
            provider.GetRequiredService<ILogger<TableCreation>>()));
        services.AddHostedService<TablesAtStart>();
        services.Replace(ServiceDescriptor.Singleton<IRunnerStore>(provider => new DynamoDbRunnerStore(
            AwsClients.Find<IAmazonDynamoDB>(provider), provider.GetRequiredService<IOptions<DynamoDbStoreOptions>>().Value, provider.GetRequiredService<IOptions<RunnerFleetOptions>>().Value.Name,
            provider.GetRequiredService<TimeProvider>(), new SystemRandom(), provider.GetRequiredService<ILogger<DynamoDbRunnerStore>>())));
        return services.AddOptionsWithValidateOnStart<DynamoDbStoreOptions>();
    }

    private static void BePatient(ClientConfig config, IServiceProvider services)
    {
        var asked = (services.GetService<AWSOptions>() ?? services.GetService<IConfiguration>()?.GetAWSOptions())?.DefaultClientConfig;
        if (asked?.MaxErrorRetry is null)
        {
            config.MaxErrorRetry = Math.Max(config.MaxErrorRetry, Retries);
        }

        config.Timeout ??= s_patience;
    }
}
