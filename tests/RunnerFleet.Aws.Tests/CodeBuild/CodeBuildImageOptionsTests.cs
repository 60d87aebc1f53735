using RunnerFleet.Aws.CodeBuild;

namespace RunnerFleet.Aws.Tests.CodeBuild;

public sealed class CodeBuildImageOptionsTests
{
    [Fact]
    public void Project_and_repository_are_all_that_must_be_set() => Assert.Null(Refusal(_ => { }));

    public static TheoryData<string, string> Bad { get; } = new()
    {
        { "Project", "" },
        { "Project", "a" },
        { "Project", "arn:aws:codebuild:eu-central-1:123456789012:project/p" },
        { "RepositoryUri", "" },
        { "RepositoryUri", "runners" },
        { "RepositoryUri", "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/runners" },
        { "RepositoryUri", "123456789012.dkr.ecr.eu-central-1.amazonaws.com/runners:latest" },
        { "RepositoryUri", "123456789012.dkr.ecr.eu-central-1.amazonaws.com/Runners" },
        { "RepositoryUri", "ghcr.io/acme/runners" },
        { "ArmProject", "" },
        { "ArmImage", "" },
        { "SourceVersion", "" },
        { "SourceVersion", "a b" },
        { "RunnerVersion", "latest" },
        { "BuildArguments", "1A" },
        { "BuildArguments", "BASE_IMAGE" },
        { "BuildArguments", "RUNNER_VERSION" },
        { "BuildArguments", "A-B" },
    };

    [Theory, MemberData(nameof(Bad))]
    public void What_is_wrong_is_named(string setting, string value)
    {
        var refusal = Refusal(o =>
        {
            switch (setting)
            {
                case "Project": o.Project = value; break;
                case "RepositoryUri": o.RepositoryUri = value; break;
                case "ArmProject": o.ArmProject = value; break;
                case "ArmImage": o.ArmImage = value; break;
                case "SourceVersion": o.SourceVersion = value; break;
                case "RunnerVersion": o.RunnerVersion = value; break;
                default: o.BuildArguments[value] = ""; break;
            }
        });

        Assert.Contains(setting, refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, "RefreshAfterDays")]
    [InlineData(366, "RefreshAfterDays")]
    public void Numbers_have_bounds(int value, string setting) => Assert.Contains($"{setting} ({value}) must be 0 to 365", Refusal(o => o.RefreshAfterDays = value), StringComparison.Ordinal);

    [Fact]
    public void Every_number_is_checked()
    {
        var refusal = Refusal(o => (o.RefreshAfterDays, o.CacheSeconds, o.BuildTimeoutMinutes, o.QueueTimeoutMinutes, o.RetryMinutes, o.MaxTries, o.GiveUpHours) = (-1, -1, 4, 4, 0, 0, 0));

        Assert.All((string[])["RefreshAfterDays", "CacheSeconds", "BuildTimeoutMinutes", "QueueTimeoutMinutes", "RetryMinutes", "MaxTries", "GiveUpHours"], setting => Assert.Contains(setting, refusal, StringComparison.Ordinal));
    }

    [Fact]
    public void A_value_with_a_line_break_is_refused() => Assert.Contains("control characters", Refusal(o => o.BuildArguments["A"] = "x\ny"), StringComparison.Ordinal);

    [Theory]
    [InlineData("123456789012.dkr.ecr.eu-central-1.amazonaws.com/runners", "runners")]
    [InlineData("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/runners", "team/runners")]
    [InlineData("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/runners", "runners")]
    [InlineData("123456789012.dkr-ecr.eu-central-1.on.aws/runners", "runners")]
    [InlineData("000000000000.dkr.ecr.us-east-1.localhost.localstack.cloud:4566/runners", "runners")]
    public void A_repository_is_read_from_its_address_in_every_partition(string uri, string name)
    {
        Assert.True(EcrRepository.TryRead(uri, out var repository));
        Assert.Equal((uri, uri[..12], name), (repository.Uri, repository.RegistryId, repository.Name));
    }

    private static string? Refusal(Action<CodeBuildImageOptions> change)
    {
        var options = new CodeBuildImageOptions { Project = "image-builder", RepositoryUri = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/runners" };
        change(options);
        return new CodeBuildImageRules().Validate(null, options).FailureMessage;
    }
}
