using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RunnerFleet;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.GitHub.Rest;
using RunnerFleet.Http;
using RunnerFleet.Images;
using RunnerFleet.Jobs;
using RunnerFleet.Labels;
using RunnerFleet.Policy;
using RunnerFleet.Provisioning;
using RunnerFleet.Storage;
using RunnerFleet.Sweeping;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a fleet to an application.</summary>
public static class RunnerFleetServiceCollectionExtensions
{
    /// <summary>Adds a fleet with settings from code. They are checked when the host starts.</summary>
    /// <returns>A builder; choose at least a launcher.</returns>
    public static IRunnerFleetBuilder AddRunnerFleet(this IServiceCollection services, Action<RunnerFleetOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<RunnerFleetOptions>().Configure(configure);
        return services.AddCore();
    }

    /// <summary>Adds a fleet with settings from a configuration section, usually <c>configuration.GetSection("RunnerFleet")</c>. They are checked when the host starts, and followed when they change; a change that is not valid is refused and logged.</summary>
    /// <returns>A builder; choose at least a launcher.</returns>
    public static IRunnerFleetBuilder AddRunnerFleet(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddOptions<RunnerFleetOptions>().Bind(configuration);
        return services.AddCore();
    }

    /// <summary>Chooses the store, instead of the in-memory one.</summary>
    public static IRunnerFleetBuilder UseStore<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(this IRunnerFleetBuilder builder)
        where T : class, IRunnerStore => builder.Use<IRunnerStore, T>();

    /// <summary>Chooses the launcher. A launcher that is also an <see cref="IComputeEventSource"/> is watched.</summary>
    public static IRunnerFleetBuilder UseLauncher<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(this IRunnerFleetBuilder builder)
        where T : class, IComputeLauncher => builder.Use<IComputeLauncher, T>();

    /// <summary>Chooses the image builder. Without one, jobs with an <c>image:</c> label are refused with that reason.</summary>
    public static IRunnerFleetBuilder UseImageBuilder<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(this IRunnerFleetBuilder builder)
        where T : class, IImageBuilder => builder.Use<IImageBuilder, T>();

    /// <summary>Chooses the label parser, instead of the fleet's own vocabulary.</summary>
    public static IRunnerFleetBuilder UseLabelParser<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(this IRunnerFleetBuilder builder)
        where T : class, ILabelParser => builder.Use<ILabelParser, T>();

    /// <summary>Chooses how GitHub is spoken to.</summary>
    public static IRunnerFleetBuilder UseRegistrar<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(this IRunnerFleetBuilder builder)
        where T : class, IRunnerRegistrar => builder.Use<IRunnerRegistrar, T>();

    /// <summary>Chooses where runner classes come from, instead of <c>RunnerFleet:Classes</c>.</summary>
    public static IRunnerFleetBuilder UseClassCatalog<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(this IRunnerFleetBuilder builder)
        where T : class, IRunnerClassCatalog => builder.Use<IRunnerClassCatalog, T>();

    /// <summary>Chooses what carries hints between hosts, instead of a queue within the process.</summary>
    public static IRunnerFleetBuilder UseQueue<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(this IRunnerFleetBuilder builder)
        where T : class, IFleetQueue => builder.Use<IFleetQueue, T>();

    /// <summary>Adds an observer that is told of every move this process stores.</summary>
    public static IRunnerFleetBuilder AddObserver<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(this IRunnerFleetBuilder builder)
        where T : class, IFleetObserver
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IFleetObserver, T>());
        return builder;
    }

    /// <summary>Adds the hosted services that drain, sweep and watch the launcher's events. Without them the host calls <see cref="IRunnerFleet.DrainAsync"/> and <see cref="IRunnerFleet.SweepAsync"/> itself.</summary>
    public static IRunnerFleetBuilder AddWorkers(this IRunnerFleetBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHostedService<DrainWorker>();
        builder.Services.AddHostedService<SweepWorker>();
        builder.Services.AddHostedService<ComputeEventWorker>();
        return builder;
    }

    private static IRunnerFleetBuilder Use<TService, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(this IRunnerFleetBuilder builder)
        where TService : class
        where T : class, TService
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Replace(ServiceDescriptor.Singleton<TService, T>());
        return builder;
    }

    private static RunnerFleetBuilder AddCore(this IServiceCollection services)
    {
        services.AddOptions<RunnerFleetOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RunnerFleetOptions>, RunnerFleetOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RunnerFleetOptions>, RunnerFleetOptionsRules>());
        services.TryAddSingleton<IOptionsFactory<RunnerFleetOptions>, LastGoodOptions>();
        services.AddHostedService<FleetStartup>();

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IRunnerIdSource, UlidSource>();
        services.TryAddSingleton<IControlPlaneAddress, ConfiguredAddress>();
        services.TryAddSingleton<IRunnerStore, InMemoryRunnerStore>();
        services.TryAddSingleton<IRunnerClassCatalog, OptionsClassCatalog>();
        services.TryAddSingleton<ILabelParser, LabelParser>();
        services.TryAddSingleton<IFleetQueue, ChannelFleetQueue>();
        services.AddGitHubRegistrar();

        services.TryAddSingleton<MoveBroadcaster>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IFleetObserver, MoveBroadcaster>(s => s.GetRequiredService<MoveBroadcaster>()));
        services.TryAddSingleton<RunnerPolicy>();
        services.TryAddSingleton<ClaimSecrets>();
        services.TryAddSingleton<RegistrationPacer>();
        services.TryAddSingleton<FleetWriter>();
        services.TryAddSingleton<FleetState>();
        services.TryAddSingleton<Breakers>();
        services.TryAddSingleton<Turns>();
        services.TryAddSingleton<HintSender>();
        services.TryAddSingleton<JobJudge>();
        services.TryAddSingleton<Demand>();
        services.TryAddSingleton<Endings>();
        services.TryAddSingleton<JobEvents>();
        services.TryAddSingleton<WebhookIntake>();
        services.TryAddSingleton<LaunchRequests>();
        services.TryAddSingleton<Launching>();
        services.TryAddSingleton<RunnerImages>();
        services.TryAddSingleton<Drainer>();
        services.TryAddSingleton<Claims>();
        services.TryAddSingleton<Reports>();
        services.TryAddSingleton<RegistrationRemoval>();
        services.TryAddSingleton<Looks>();
        services.TryAddSingleton<Closer>();
        services.TryAddSingleton<DueRunners>();
        services.TryAddSingleton<DueJobs>();
        services.TryAddSingleton<DueRecords>();
        services.TryAddSingleton<ComputeSweep>();
        services.TryAddSingleton<GhostSweep>();
        services.TryAddSingleton<LookTurns>();
        services.TryAddSingleton<CallBudget>();
        services.TryAddSingleton<FailedDeliveries>();
        services.TryAddSingleton<MissedJobs>();
        services.TryAddSingleton<MissedWebhooks>();
        services.TryAddSingleton<Sweeper>();
        services.TryAddSingleton<IRunnerFleet, RunnerFleetEngine>();
        services.TryAddSingleton<FleetHttp>();
        return new RunnerFleetBuilder(services);
    }
}
