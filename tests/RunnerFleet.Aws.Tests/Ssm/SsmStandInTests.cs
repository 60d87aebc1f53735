using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;

namespace RunnerFleet.Aws.Tests.Ssm;

/// <summary>The stand-in answers the official client as Systems Manager does.</summary>
public sealed class SsmStandInTests
{
    private readonly Account _account = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_parameter_is_read_by_name_ARN_and_version()
    {
        var ssm = _account.Ssm();
        await ssm.PutParameterAsync(new() { Name = "/fleet/a", Value = "one", Type = ParameterType.String }, Cancel);
        var put = await ssm.PutParameterAsync(new() { Name = "/fleet/a", Value = "two", Overwrite = true }, Cancel);

        var newest = (await ssm.GetParameterAsync(new() { Name = "/fleet/a" }, Cancel)).Parameter;
        var first = (await ssm.GetParameterAsync(new() { Name = "/fleet/a:1" }, Cancel)).Parameter;
        var byArn = (await ssm.GetParameterAsync(new() { Name = newest.ARN }, Cancel)).Parameter;

        Assert.Equal(("two", 2L, "arn:aws:ssm:eu-central-1:123456789012:parameter/fleet/a", ParameterType.String), (newest.Value, newest.Version, newest.ARN, newest.Type));
        Assert.Equal((2L, "one", "two"), (put.Version, first.Value, byArn.Value));
        Assert.Equal(_account.Clock.GetUtcNow().UtcDateTime, newest.LastModifiedDate!.Value.ToUniversalTime());
    }

    [Fact]
    public async Task A_secure_string_is_readable_only_with_decryption()
    {
        var ssm = _account.Ssm();
        _account.Aws.Ssm.Put("secret", "hush", isSecure: true);

        Assert.DoesNotContain("hush", (await ssm.GetParameterAsync(new() { Name = "secret" }, Cancel)).Parameter.Value, StringComparison.Ordinal);
        Assert.Equal("hush", (await ssm.GetParameterAsync(new() { Name = "secret", WithDecryption = true }, Cancel)).Parameter.Value);
    }

    [Fact]
    public async Task What_is_not_there_is_an_error_of_its_own()
    {
        var ssm = _account.Ssm();
        _account.Aws.Ssm.Put("/a", "x");
        Assert.True(_account.Aws.Ssm.Remove("/a"));
        _account.Aws.Ssm.Put("/b", "x");

        await Assert.ThrowsAsync<ParameterNotFoundException>(() => ssm.GetParameterAsync(new() { Name = "/a" }, Cancel));
        await Assert.ThrowsAsync<ParameterVersionNotFoundException>(() => ssm.GetParameterAsync(new() { Name = "/b:9" }, Cancel));
        await Assert.ThrowsAsync<ParameterAlreadyExistsException>(() => ssm.PutParameterAsync(new() { Name = "/b", Value = "y", Type = ParameterType.String }, Cancel));
    }

    [Fact]
    public async Task Ten_names_are_read_at_once_and_eleven_are_refused()
    {
        var ssm = _account.Ssm();
        _account.Aws.Ssm.Put("/a", "x");

        var answer = await ssm.GetParametersAsync(new() { Names = ["/a", "/none"] }, Cancel);

        Assert.Equal("x", Assert.Single(answer.Parameters).Value);
        Assert.Equal(["/none"], answer.InvalidParameters);
        var error = await Assert.ThrowsAsync<AmazonSimpleSystemsManagementException>(() => ssm.GetParametersAsync(new() { Names = [.. Enumerable.Range(0, 11).Select(i => $"/n{i}")] }, Cancel));
        Assert.Equal("ValidationException", error.ErrorCode);
    }

    [Fact]
    public async Task A_path_is_listed_page_by_page_with_or_without_what_lies_deeper()
    {
        var ssm = _account.Ssm();
        foreach (var name in (string[])["/fleet/a", "/fleet/b", "/fleet/deep/c", "/fleets/d"])
        {
            _account.Aws.Ssm.Put(name, name);
        }

        var first = await ssm.GetParametersByPathAsync(new() { Path = "/fleet", Recursive = true, MaxResults = 2 }, Cancel);
        var second = await ssm.GetParametersByPathAsync(new() { Path = "/fleet", Recursive = true, MaxResults = 2, NextToken = first.NextToken }, Cancel);
        var flat = await ssm.GetParametersByPathAsync(new() { Path = "/fleet/" }, Cancel);

        Assert.Equal(["/fleet/a", "/fleet/b", "/fleet/deep/c"], first.Parameters.Concat(second.Parameters).Select(p => p.Name));
        Assert.Null(second.NextToken);
        Assert.Equal(["/fleet/a", "/fleet/b"], flat.Parameters.Select(p => p.Name));
    }

    [Theory]
    [InlineData("aws/x")]
    [InlineData("/ssm/x")]
    [InlineData("a/b")]
    [InlineData("/with space")]
    public async Task A_name_that_AWS_does_not_take_is_refused(string name)
    {
        var error = await Assert.ThrowsAsync<AmazonSimpleSystemsManagementException>(() => _account.Ssm().PutParameterAsync(new() { Name = name, Value = "x", Type = ParameterType.String }, Cancel));
        Assert.Equal("ValidationException", error.ErrorCode);
    }

    [Fact]
    public async Task A_standard_parameter_holds_4096_characters_and_an_advanced_one_8192()
    {
        var ssm = _account.Ssm();
        await ssm.PutParameterAsync(new() { Name = "/x", Value = new('x', 4096), Type = ParameterType.String }, Cancel);
        await ssm.PutParameterAsync(new() { Name = "/y", Value = new('x', 8192), Type = ParameterType.String, Tier = ParameterTier.Advanced }, Cancel);
        await Assert.ThrowsAsync<AmazonSimpleSystemsManagementException>(() => ssm.PutParameterAsync(new() { Name = "/z", Value = new('x', 4097), Type = ParameterType.String }, Cancel));
    }
}
