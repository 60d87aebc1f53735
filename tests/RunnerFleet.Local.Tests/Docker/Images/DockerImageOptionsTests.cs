using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RunnerFleet.Images;
using RunnerFleet.Local.Docker;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Local.Tests.Docker.Images;

public sealed class DockerImageOptionsTests : IDisposable
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("runnerfleet-options-").FullName;

    public DockerImageOptionsTests() => File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(_scratch, "runner")).FullName, "Dockerfile"), "FROM x");

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    [Fact]
    public void Good_settings_pass() => Assert.Empty(FailuresOf(_ => { }));

    [Theory]
    [InlineData("needs LogFolder", "logs")]
    [InlineData("has no Dockerfile", "context")]
    [InlineData("lies in its ContextFolder", "logs-in-context")]
    [InlineData("Repository (Runner/Fleet)", "repository")]
    [InlineData("which the builder itself gives", "base")]
    [InlineData("BuildArguments name 'a b'", "argument")]
    [InlineData("BuildTimeoutSeconds (0)", "timeout")]
    public void Each_bad_setting_is_refused_with_a_sentence(string sentence, string bad)
    {
        var failure = Assert.Single(FailuresOf(options => Spoil(options, bad)));

        Assert.Contains(sentence, failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_with_bad_settings_does_not_start()
    {
        foreach (var verb in new Action<IRunnerFleetBuilder>[] { fleet => fleet.UseDockerImages(_ => { }), fleet => fleet.UseFinishedDockerImages(options => options.PullTimeoutSeconds = 0) })
        {
            var builder = Host.CreateEmptyApplicationBuilder(null);
            builder.Services.AddLogging();
            verb(new Builder(builder.Services));
            using var host = builder.Build();

            await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        }
    }

    [Fact]
    public void The_last_verb_chooses_the_builder()
    {
        var services = new ServiceCollection().AddLogging().AddSingleton<IImageBuilder, FakeImageBuilder>();
        var fleet = new Builder(services);

        fleet.UseDockerImages(Good);
        using (var provider = services.BuildServiceProvider())
        {
            Assert.IsType<DockerImageBuilder>(Assert.Single(provider.GetServices<IImageBuilder>()));
        }

        fleet.UseFinishedDockerImages();
        using (var provider = services.BuildServiceProvider())
        {
            Assert.IsType<DockerFinishedImages>(Assert.Single(provider.GetServices<IImageBuilder>()));
        }
    }

    private IEnumerable<string> FailuresOf(Action<DockerImageOptions> change)
    {
        var options = new DockerImageOptions();
        Good(options);
        change(options);
        return new DockerImageRules().Validate(null, options).Failures ?? [];
    }

    private void Good(DockerImageOptions options) => (options.ContextFolder, options.LogFolder) = (Path.Combine(_scratch, "runner"), Path.Combine(_scratch, "logs"));

    private void Spoil(DockerImageOptions options, string bad)
    {
        switch (bad)
        {
            case "logs": options.LogFolder = " "; break;
            case "context": options.ContextFolder = _scratch; options.LogFolder = Path.GetTempPath(); break;
            case "logs-in-context": options.LogFolder = Path.Combine(options.ContextFolder!, "logs"); break;
            case "repository": options.Repository = "Runner/Fleet"; break;
            case "base": options.BuildArguments["BASE_IMAGE"] = "ubuntu"; break;
            case "argument": options.BuildArguments["a b"] = ""; break;
            default: options.BuildTimeoutSeconds = 0; break;
        }
    }

    private sealed record Builder(IServiceCollection Services) : IRunnerFleetBuilder;
}
