using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RunnerFleet;
using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Aws.Wire;
using RunnerFleet.Images;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The verb that builds runner images on AWS.</summary>
public static class CodeBuildImageExtensions
{
    /// <summary>
    /// Builds a runner image with AWS CodeBuild for each base image that jobs name, and runs it from Amazon ECR. Region and credentials are those of the AWS SDK.
    /// An <see cref="ICodeBuildApi"/> or <see cref="IEcrApi"/> that is registered already is kept.
    /// </summary>
    /// <param name="builder">The fleet's builder.</param>
    /// <param name="configure">Sets at least <see cref="CodeBuildImageOptions.Project"/> and <see cref="CodeBuildImageOptions.RepositoryUri"/>.</param>
    public static IRunnerFleetBuilder UseCodeBuild(this IRunnerFleetBuilder builder, Action<CodeBuildImageOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        builder.AddCodeBuild().Configure(configure);
        return builder;
    }

    /// <summary>The same with settings from a configuration section, usually <c>configuration.GetSection("RunnerFleet:Aws:CodeBuild")</c>.</summary>
    public static IRunnerFleetBuilder UseCodeBuild(this IRunnerFleetBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        builder.AddCodeBuild().Bind(configuration);
        return builder;
    }

    private static OptionsBuilder<CodeBuildImageOptions> AddCodeBuild(this IRunnerFleetBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<CodeBuildImageOptions>, CodeBuildImageRules>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ICodeBuildApi>(AwsClients.Create<ICodeBuildClient>);
        services.TryAddSingleton<IEcrApi>(AwsClients.Create<IEcrClient>);
        services.Replace(ServiceDescriptor.Singleton<IImageBuilder, CodeBuildImageBuilder>());
        return services.AddOptionsWithValidateOnStart<CodeBuildImageOptions>();
    }
}
