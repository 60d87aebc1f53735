using Amazon.Runtime;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Aws.Wire;
using RunnerFleet.Images;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Aws;

namespace RunnerFleet.Aws.Tests.CodeBuild;

/// <summary>An account with one project and one repository, a store, and any number of builders over both: each is a host.</summary>
internal sealed class CodeBuildWorld : IDisposable
{
    public const string Project = "image-builder";
    public const string Repository = "runners";

    private readonly List<IDisposable> _clients = [];

    public CodeBuildWorld()
    {
        Aws = new AwsStandIn(Clock);
        Aws.CodeBuild.CreateProject(Project);
        RepositoryUri = Aws.Ecr.CreateRepository(Repository);
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));

    public AwsStandIn Aws { get; }

    public string RepositoryUri { get; }

    public HookedStore Store { get; } = new(new InMemoryRunnerStore());

    public CancellationToken Cancel { get; } = TestContext.Current.CancellationToken;

    public IReadOnlyList<CodeBuildStandInBuild> Builds => Aws.CodeBuild.Builds;

    public static ImageRequest Ubuntu { get; } = new() { BaseImage = "docker.io/library/ubuntu:22.04", Architecture = "x64" };

    /// <summary>Another host.</summary>
    /// <param name="configure">Changes its settings.</param>
    /// <param name="fleet">The fleet it belongs to.</param>
    /// <param name="store">Its store, where it is not <see cref="Store"/>.</param>
    /// <param name="wrap">Puts something before its client of CodeBuild.</param>
    public CodeBuildImageBuilder AddHost(Action<CodeBuildImageOptions>? configure = null, string fleet = "test", IRunnerStore? store = null, Func<ICodeBuildApi, ICodeBuildApi>? wrap = null)
    {
        var codeBuild = Add(new CodeBuildClient(AwsStandIn.Credentials, Config(CodeBuildClient.Service)));
        var ecr = Add(new EcrClient(AwsStandIn.Credentials, Config(EcrClient.Service)));
        return new CodeBuildImageBuilder(
            wrap?.Invoke(codeBuild) ?? codeBuild, ecr, store ?? Store, Options.Create(CreateOptions(configure)), new FixedFleet(fleet), Clock, NullLogger<CodeBuildImageBuilder>.Instance);
    }

    public CodeBuildImageOptions CreateOptions(Action<CodeBuildImageOptions>? configure = null)
    {
        var options = new CodeBuildImageOptions { Project = Project, RepositoryUri = RepositoryUri };
        configure?.Invoke(options);
        Assert.True(new CodeBuildImageRules().Validate(null, options).Succeeded, new CodeBuildImageRules().Validate(null, options).FailureMessage);
        return options;
    }

    /// <summary>Settings of a client that speaks to the stand-in. It tries once, so that what is lost is lost.</summary>
    public AwsJsonConfig Config(AwsJsonService service, int retries = 0)
    {
        var config = new AwsJsonConfig(service) { MaxErrorRetry = retries, MaxStaleConnectionRetries = 0 };
        Aws.Connect(config);
        return config;
    }

    /// <summary>Ensures an image, and lets its build succeed.</summary>
    public async Task<string> BuildAsync(CodeBuildImageBuilder host, ImageRequest? request = null)
    {
        var building = Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(request ?? Ubuntu, Cancel));
        Aws.CodeBuild.Succeed(building.BuildId);
        return Assert.IsType<ImageOutcome.Ready>(await host.ReadBuildAsync(building.BuildId, Cancel)).Image;
    }

    public int CallsOf(string operation) => Aws.Calls.Count(call => call.Operation == operation);

    public void Dispose() => _clients.ForEach(client => client.Dispose());

    private T Add<T>(T client) where T : IDisposable
    {
        _clients.Add(client);
        return client;
    }

    private sealed class FixedFleet(string name) : IOptionsMonitor<RunnerFleetOptions>
    {
        public RunnerFleetOptions CurrentValue { get; } = new() { Name = name };

        public RunnerFleetOptions Get(string? name) => CurrentValue;

        public IDisposable? OnChange(Action<RunnerFleetOptions, string?> listener) => null;
    }
}
