using Amazon.Runtime;
using RunnerFleet.Aws.Secrets;

namespace RunnerFleet.Aws.Tests.Secrets;

/// <summary>Our client of Secrets Manager, and the stand-in that it speaks to.</summary>
public sealed class SecretsManagerTests
{
    private readonly Account _account = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_secret_is_read_by_name_and_by_its_whole_or_short_ARN()
    {
        var arn = _account.Aws.SecretsManager.Put("fleet/token", "one");
        _account.Aws.SecretsManager.Put("fleet/token", "two");
        var secrets = _account.SecretsManager();

        foreach (var id in (string[])["fleet/token", arn, arn[..^7]])
        {
            Assert.Equal("two", (await secrets.GetSecretValueAsync(id, Cancel)).SecretString);
        }
    }

    [Fact]
    public async Task A_secret_that_is_missing_or_deleted_is_an_error_with_its_code()
    {
        _account.Aws.SecretsManager.Put("gone", "x");
        _account.Aws.SecretsManager.Delete("gone");

        Assert.Equal("ResourceNotFoundException", (await Assert.ThrowsAnyAsync<AmazonServiceException>(() => _account.SecretsManager().GetSecretValueAsync("none", Cancel))).ErrorCode);
        Assert.Equal("InvalidRequestException", (await Assert.ThrowsAnyAsync<AmazonServiceException>(() => _account.SecretsManager().GetSecretValueAsync("gone", Cancel))).ErrorCode);
    }

    [Fact]
    public async Task A_secret_of_bytes_has_no_text()
    {
        _account.Aws.SecretsManager.Put("bytes", [1, 2, 3]);
        Assert.Null((await _account.SecretsManager().GetSecretValueAsync("bytes", Cancel)).SecretString);
    }

    [Fact]
    public void A_value_is_never_shown() => Assert.DoesNotContain("hush", new SecretValue { SecretString = "hush" }.ToString(), StringComparison.Ordinal);
}
