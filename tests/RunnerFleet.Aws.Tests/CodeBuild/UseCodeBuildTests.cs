using Amazon.Extensions.NETCore.Setup;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NSubstitute;
using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Images;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.Tests.CodeBuild;

public sealed class UseCodeBuildTests
{
    [Fact]
    public void The_verb_chooses_the_builder_and_its_clients()
    {
        using var services = Compose(Good);

        Assert.IsType<CodeBuildImageBuilder>(services.GetRequiredService<IImageBuilder>());
        Assert.Equal(("CodeBuild", 5), (services.GetRequiredService<ICodeBuildApi>() is CodeBuildClient codeBuild ? (codeBuild.Config.AuthenticationServiceName is "codebuild" ? "CodeBuild" : "", codeBuild.Config.MaxErrorRetry) : default));
        Assert.IsType<EcrClient>(services.GetRequiredService<IEcrApi>());
    }

    [Fact]
    public void A_client_that_the_user_registered_is_kept()
    {
        var (codeBuild, ecr) = (Substitute.For<ICodeBuildApi>(), Substitute.For<IEcrApi>());
        using var services = Compose(Good, s => s.AddSingleton(codeBuild).AddSingleton(ecr));

        Assert.Same(codeBuild, services.GetRequiredService<ICodeBuildApi>());
        Assert.Same(ecr, services.GetRequiredService<IEcrApi>());
    }

    [Fact]
    public void Bad_settings_are_refused_at_the_start()
    {
        using var services = Compose(_ => { });

        var refused = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains("RepositoryUri", refused.Message, StringComparison.Ordinal);
    }

    private static void Good(CodeBuildImageOptions options) => (options.Project, options.RepositoryUri) = ("image-builder", "123456789012.dkr.ecr.eu-central-1.amazonaws.com/runners");

    private static ServiceProvider Compose(Action<CodeBuildImageOptions> configure, Action<IServiceCollection>? before = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(new AWSOptions { Region = Amazon.RegionEndpoint.EUCentral1, Credentials = RunnerFleet.Testing.Aws.AwsStandIn.Credentials });
        before?.Invoke(services);
        services.AddRunnerFleet(o =>
        {
            o.GitHub.WebhookSecret = "a secret of this test";
            o.GitHub.Token = "a-token";
        }).UseCodeBuild(configure);
        return services.BuildServiceProvider();
    }
}
