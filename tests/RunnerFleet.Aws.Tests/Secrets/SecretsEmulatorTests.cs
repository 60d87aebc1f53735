using System.Text.Json.Nodes;
using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Aws.Secrets;
using RunnerFleet.Tests.Aws;
using RunnerFleet.Aws.Wire;

namespace RunnerFleet.Aws.Tests.Secrets;

/// <summary>Settings that refer to a Systems Manager and a Secrets Manager that others wrote.</summary>
public sealed class SecretsEmulatorTests(AwsEndpoint endpoint)
{
    private const string Region = "eu-west-2";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Settings_are_resolved_and_followed()
    {
        var (name, clock) = ($"test/{Ulid.NewUlid()}", new FakeTimeProvider());
        using var http = new HttpClient { BaseAddress = await endpoint.NeedAsync() };
        using var ssm = new AmazonSimpleSystemsManagementClient(AwsEndpoint.Credentials, await endpoint.ConnectAsync(new AmazonSimpleSystemsManagementConfig(), Region));
        using var secretsManager = new SecretsManagerClient(AwsEndpoint.Credentials, await endpoint.ConnectAsync(new AwsJsonConfig(SecretsManagerClient.Service), Region));
        await ssm.PutParameterAsync(new PutParameterRequest { Name = $"/{name}", Value = "webhook secret", Type = ParameterType.SecureString }, Cancel);
        var arn = (string)(await http.CallAsync(Region, "secretsmanager", "secretsmanager.CreateSecret", new() { ["Name"] = name, ["SecretString"] = """{"token":"one"}""" }))["ARN"]!;
        var collection = new ServiceCollection();
        collection.AddSingleton<IAmazonSimpleSystemsManagement>(ssm);
        collection.AddSingleton<ISecretsManagerApi>(secretsManager);
        collection.AddSingleton<TimeProvider>(clock);
        collection.AddLogging();
        collection.AddRunnerFleet(o => (o.GitHub.WebhookSecret, o.GitHub.Token) = ($"ssm:/{name}", $"secretsmanager:{arn}#token")).UseAwsSecrets();
        using var services = collection.BuildServiceProvider();
        var (secrets, monitor) = (services.GetRequiredService<IAwsSecrets>(), services.GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>());

        await secrets.RefreshAsync(Cancel);
        Assert.Equal(("webhook secret", "one"), (monitor.CurrentValue.GitHub.WebhookSecret, monitor.CurrentValue.GitHub.Token));

        await http.CallAsync(Region, "secretsmanager", "secretsmanager.PutSecretValue", new() { ["SecretId"] = name, ["SecretString"] = """{"token":"two"}""" });
        clock.Advance(TimeSpan.FromMinutes(5));
        await secrets.RefreshAsync(Cancel);
        Assert.Equal(("webhook secret", "two"), (monitor.CurrentValue.GitHub.WebhookSecret, monitor.CurrentValue.GitHub.Token));

        Assert.Contains("there is no such secret", Assert.Throws<AwsSecretUnavailableException>(() => secrets.Resolve($"secretsmanager:{name}-none")).Message, StringComparison.Ordinal);
        Assert.Contains("there is no such parameter", Assert.Throws<AwsSecretUnavailableException>(() => secrets.Resolve($"ssm:/{name}-none")).Message, StringComparison.Ordinal);
    }
}
