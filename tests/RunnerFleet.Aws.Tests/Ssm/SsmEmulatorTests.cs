using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Aws.Ssm;
using RunnerFleet.Tests.Aws;
using RunnerFleet.Compute;

namespace RunnerFleet.Aws.Tests.Ssm;

/// <summary>The class catalogue over a Systems Manager that others wrote.</summary>
public sealed class SsmEmulatorTests(AwsEndpoint endpoint)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("String")]
    [InlineData("SecureString")]
    public async Task Classes_are_read_followed_and_kept(string type)
    {
        using var ssm = new AmazonSimpleSystemsManagementClient(AwsEndpoint.Credentials, await endpoint.ConnectAsync(new AmazonSimpleSystemsManagementConfig(), "eu-west-2"));
        var (name, clock) = ($"/test/{Ulid.NewUlid()}", new FakeTimeProvider());
        var catalog = new SsmClassCatalog(ssm, Options.Create(new SsmClassOptions { Parameter = name }), clock, NullLogger<SsmClassCatalog>.Instance);
        var missing = await Assert.ThrowsAsync<ClassesUnavailableException>(() => catalog.GetClassesAsync(Cancel).AsTask());
        Assert.Contains("there is no such parameter", missing.Message, StringComparison.Ordinal);

        await PutAsync("""{"small":{"cpu":512,"memory":1024}}""");
        Assert.Equal(1024, (await catalog.GetClassesAsync(Cancel))["small"].MemoryMiB);

        await PutAsync("""{"small":{"cpu":512,"memory":2048}}""");
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2048, (await catalog.GetClassesAsync(Cancel))["small"].MemoryMiB);

        await ssm.DeleteParameterAsync(new DeleteParameterRequest { Name = name }, Cancel);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2048, (await catalog.GetClassesAsync(Cancel))["small"].MemoryMiB);

        Task PutAsync(string json) => ssm.PutParameterAsync(new PutParameterRequest { Name = name, Value = json, Type = type, Overwrite = true }, Cancel);
    }
}
