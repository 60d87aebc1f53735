using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RunnerFleet;
using RunnerFleet.Aws;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The verb that puts a whole fleet on AWS. Each part has a verb of its own too.</summary>
public static class AwsExtensions
{
    /// <summary>
    /// Keeps the fleet in DynamoDB and runs it on ECS; lets secrets among the settings refer to AWS, and events of AWS be handled (<see cref="RunnerFleet.Aws.Events.AwsEvents"/>). Whichever of the sections <c>CodeBuild</c>, <c>Ssm</c>, <c>Sqs</c> and
    /// <c>Events</c> is there adds images, classes, the queue between hosts, and published moves.
    /// </summary>
    /// <param name="builder">The fleet's builder.</param>
    /// <param name="configuration">Usually <c>configuration.GetSection("RunnerFleet:Aws")</c>.</param>
    public static IRunnerFleetBuilder UseAws(this IRunnerFleetBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        builder
            .UseDynamoDb(configuration.GetSection("DynamoDb"))
            .UseEcs(configuration.GetSection("Ecs"))
            .UseAwsSecrets(configuration.GetSection("Secrets"))
            .AddAwsEvents();
        builder.UseWhereConfigured(configuration, "CodeBuild", CodeBuildImageExtensions.UseCodeBuild);
        builder.UseWhereConfigured(configuration, "Ssm", SsmClassExtensions.UseSsmClasses);
        builder.UseWhereConfigured(configuration, "Sqs", SqsQueueExtensions.UseSqs);
        builder.UseWhereConfigured(configuration, "Events", AwsEventExtensions.UseEventBridge);
        return builder;
    }

    /// <summary>The same with settings from code.</summary>
    /// <param name="builder">The fleet's builder.</param>
    /// <param name="configure">Sets at least the cluster and its subnets.</param>
    public static IRunnerFleetBuilder UseAws(this IRunnerFleetBuilder builder, Action<AwsOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new AwsOptions();
        configure(options);
        builder.Given(options.DynamoDb).UseDynamoDb()
            .Given(options.Ecs).UseEcs(_ => { })
            .UseAwsSecrets()
            .AddAwsEvents();
        if (options.CodeBuild is { } codeBuild)
        {
            builder.Given(codeBuild).UseCodeBuild(_ => { });
        }

        if (options.Ssm is { } ssm)
        {
            builder.Given(ssm).UseSsmClasses(_ => { });
        }

        if (options.Sqs is { } sqs)
        {
            builder.Given(sqs).UseSqs(_ => { });
        }

        if (options.Events is { } events)
        {
            builder.Given(events).UseEventBridge(_ => { });
        }

        return builder;
    }

    private static void UseWhereConfigured(this IRunnerFleetBuilder builder, IConfiguration configuration, string section, Func<IRunnerFleetBuilder, IConfiguration, IRunnerFleetBuilder> use)
    {
        if (configuration.GetSection(section) is var settings && settings.Exists())
        {
            use(builder, settings);
        }
    }

    private static IRunnerFleetBuilder Given<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(this IRunnerFleetBuilder builder, T options)
        where T : class
    {
        builder.Services.Replace(ServiceDescriptor.Singleton<IOptionsFactory<T>>(s => new GivenOptions<T>(
            options, s.GetServices<IConfigureOptions<T>>(), s.GetServices<IPostConfigureOptions<T>>(), s.GetServices<IValidateOptions<T>>())));
        return builder;
    }
}
