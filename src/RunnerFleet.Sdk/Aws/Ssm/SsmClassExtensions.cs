using Amazon.SimpleSystemsManagement;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RunnerFleet;
using RunnerFleet.Aws.Ssm;
using RunnerFleet.Aws.Wire;
using RunnerFleet.Compute;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The verb of the class catalogue in AWS Systems Manager.</summary>
public static class SsmClassExtensions
{
    /// <summary>
    /// Reads the runner classes from a parameter of AWS Systems Manager, instead of <c>RunnerFleet:Classes</c>, and follows it when it changes. A content that is not right is refused as a whole and logged;
    /// the last good classes stay. Region and credentials are those of the AWS SDK. An <see cref="IAmazonSimpleSystemsManagement"/> that is registered already is kept.
    /// </summary>
    /// <param name="builder">The fleet's builder.</param>
    /// <param name="configure">Sets at least <see cref="SsmClassOptions.Parameter"/>.</param>
    public static IRunnerFleetBuilder UseSsmClasses(this IRunnerFleetBuilder builder, Action<SsmClassOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        builder.AddSsmClasses().Configure(configure);
        return builder;
    }

    /// <summary>The same with settings from a configuration section, usually <c>configuration.GetSection("RunnerFleet:Aws:Ssm")</c>.</summary>
    public static IRunnerFleetBuilder UseSsmClasses(this IRunnerFleetBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        builder.AddSsmClasses().Bind(configuration);
        return builder;
    }

    private static OptionsBuilder<SsmClassOptions> AddSsmClasses(this IRunnerFleetBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SsmClassOptions>, SsmClassRules>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(AwsClients.Create<IAmazonSimpleSystemsManagement>);
        services.Replace(ServiceDescriptor.Singleton<IRunnerClassCatalog, SsmClassCatalog>());
        return services.AddOptionsWithValidateOnStart<SsmClassOptions>();
    }
}
