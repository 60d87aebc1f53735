using Amazon.SimpleSystemsManagement;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RunnerFleet;
using RunnerFleet.Aws.Secrets;
using RunnerFleet.Aws.Wire;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The verb that lets settings refer to AWS.</summary>
public static class AwsSecretExtensions
{
    /// <summary>
    /// Lets the settings that hold secrets (<c>RunnerFleet:GitHub:WebhookSecret</c>, <c>:PreviousWebhookSecrets</c>, <c>:Token</c>, and <c>RunnerFleet:ClaimKeys</c>) refer to AWS: <c>ssm:/path/name</c> is a parameter of
    /// Systems Manager, <c>secretsmanager:name</c> a secret, both also by their ARN, and <c>#key</c> at the end takes one member of a JSON object. A host with a reference that cannot be read does not start.
    /// Values are read again by the clock and followed when they change; the last good one stays where a read fails. For other settings, and for hosts without time in the background: <see cref="IAwsSecrets"/>.
    /// </summary>
    public static IRunnerFleetBuilder UseAwsSecrets(this IRunnerFleetBuilder builder)
    {
        builder.AddAwsSecrets();
        return builder;
    }

    /// <summary>The same, with values read again more or less often.</summary>
    public static IRunnerFleetBuilder UseAwsSecrets(this IRunnerFleetBuilder builder, Action<AwsSecretOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        builder.AddAwsSecrets().Configure(configure);
        return builder;
    }

    /// <summary>The same with settings from a configuration section, usually <c>configuration.GetSection("RunnerFleet:Aws:Secrets")</c>.</summary>
    public static IRunnerFleetBuilder UseAwsSecrets(this IRunnerFleetBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        builder.AddAwsSecrets().Bind(configuration);
        return builder;
    }

    private static OptionsBuilder<AwsSecretOptions> AddAwsSecrets(this IRunnerFleetBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AwsSecretOptions>, AwsSecretRules>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(AwsClients.Create<IAmazonSimpleSystemsManagement>);
        services.TryAddSingleton<ISecretsManagerApi>(AwsClients.Create<ISecretsManagerClient>);
        services.TryAddSingleton<SecretReader>();
        services.TryAddSingleton<SecretChanges>();
        services.TryAddSingleton<SecretValues>();
        services.TryAddSingleton<ReferencedSettings>();
        services.TryAddSingleton<IAwsSecrets, AwsSecrets>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IOptionsChangeTokenSource<RunnerFleetOptions>, SecretChanges>(s => s.GetRequiredService<SecretChanges>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<RunnerFleetOptions>, ReferencedSettings>(s => s.GetRequiredService<ReferencedSettings>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RunnerFleetOptions>, ReferencedSettings>(s => s.GetRequiredService<ReferencedSettings>()));
        services.AddHostedService<SecretsWorker>();
        return services.AddOptionsWithValidateOnStart<AwsSecretOptions>();
    }
}
