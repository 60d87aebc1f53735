using System.Net;
using Amazon.SimpleSystemsManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RunnerFleet.Aws.Ssm;
using RunnerFleet.Aws.Tests.Wire;
using RunnerFleet.Compute;
using RunnerFleet.Testing.Aws;

namespace RunnerFleet.Aws.Tests.Ssm;

public sealed class SsmClassCatalogTests : IAsyncDisposable
{
    private const string Parameter = "/fleet/classes";
    private const string Small = """{"small":{"cpu":512,"memory":1024}}""";
    private const string Big = """{"big":{"cpu":4096,"memory":8192}}""";
    private readonly Account _account = new();
    private readonly ServiceProvider _services;

    public SsmClassCatalogTests()
    {
        var services = _account.Services();
        services.AddRunnerFleet(_ => { }).UseSsmClasses(o => o.Parameter = Parameter);
        _services = services.BuildServiceProvider();
    }

    private IRunnerClassCatalog Catalog => _services.GetRequiredService<IRunnerClassCatalog>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_parameter_is_read_once_in_its_time_and_followed_afterwards()
    {
        _account.Aws.Ssm.Put(Parameter, Small, isSecure: true);
        Assert.Equal(["small"], await NamesAsync());
        _account.Aws.Ssm.Put(Parameter, Big);

        _account.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(["small"], await NamesAsync());
        Assert.Single(_account.Aws.Calls);

        _account.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["big"], await NamesAsync());
        Assert.Equal(2, _account.Aws.Calls.Count);
        Assert.Equal(2, _account.Log.Of(6300).Count);
    }

    [Fact]
    public async Task Many_who_ask_at_once_cause_one_read()
    {
        _account.Aws.Ssm.Put(Parameter, Small);
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(NamesAsync)));
        Assert.Single(_account.Aws.Calls);
    }

    [Fact]
    public async Task Nonsense_leaves_the_last_good_classes_in_force_and_is_said_once()
    {
        _account.Aws.Ssm.Put(Parameter, Small);
        await NamesAsync();
        _account.Aws.Ssm.Put(Parameter, """{"small":{"cpu":512,"memory":1024},"odd":{"cpu":512,"memory":1000}}""");

        for (var look = 0; look < 5; look++)
        {
            _account.Clock.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal(["small"], await NamesAsync());
        }

        var said = Assert.Single(_account.Log.Of(6301)).Text;
        Assert.Contains("Version 2 of the parameter '/fleet/classes' cannot be used, as a whole: the class 'odd' cannot be launched", said, StringComparison.Ordinal);

        _account.Aws.Ssm.Remove(Parameter);
        _account.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(["small"], await NamesAsync());
        Assert.Contains("there is no such parameter", _account.Log.Of(6301)[1].Text, StringComparison.Ordinal);

        _account.Aws.Ssm.Put(Parameter, Big);
        _account.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(["big"], await NamesAsync());
    }

    [Fact]
    public async Task After_a_failure_the_parameter_is_read_again_within_seconds()
    {
        _account.Aws.Ssm.Put(Parameter, Small);
        await NamesAsync();
        _account.Clock.Advance(TimeSpan.FromMinutes(1));
        _account.Aws.FailNext(1, "GetParameter", "AccessDeniedException");
        Assert.Equal(["small"], await NamesAsync());
        Assert.Contains("ssm:GetParameter", Assert.Single(_account.Log.Of(6301)).Text, StringComparison.Ordinal);
        _account.Aws.Ssm.Put(Parameter, Big);

        Assert.Equal(["small"], await NamesAsync());
        _account.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["big"], await NamesAsync());
    }

    [Fact]
    public async Task Without_a_copy_everybody_is_told_why()
    {
        _account.Aws.Ssm.Put(Parameter, "what?");
        var unavailable = await Assert.ThrowsAsync<ClassesUnavailableException>(NamesAsync);
        Assert.Contains("Version 1 of the parameter '/fleet/classes' cannot be used", unavailable.Message, StringComparison.Ordinal);

        _account.Aws.Ssm.Remove(Parameter);
        unavailable = await Assert.ThrowsAsync<ClassesUnavailableException>(NamesAsync);
        Assert.Contains("there is no such parameter in this account and region", unavailable.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_copy_the_log_says_why_launches_wait_once_for_each_cause()
    {
        await Assert.ThrowsAsync<ClassesUnavailableException>(NamesAsync);
        await Assert.ThrowsAsync<ClassesUnavailableException>(NamesAsync);
        Assert.Contains("'/fleet/classes' with the runner classes could not be read: there is no such parameter", Assert.Single(_account.Log.Of(6302)).Text, StringComparison.Ordinal);

        _account.Aws.Ssm.Put(Parameter, "what?");
        await Assert.ThrowsAsync<ClassesUnavailableException>(NamesAsync);
        Assert.Equal(2, _account.Log.Of(6302).Count);

        _account.Aws.Ssm.Put(Parameter, Small);
        await NamesAsync();
        Assert.Single(_account.Log.Of(6300));
        Assert.Empty(_account.Log.Of(6301));
    }

    [Fact]
    public async Task A_read_that_hangs_ends_by_the_clock()
    {
        _account.Aws.Ssm.Put(Parameter, Small);
        var hang = new TaskCompletionSource();
        using var ssm = new AmazonSimpleSystemsManagementClient(AwsStandIn.Credentials, new AmazonSimpleSystemsManagementConfig { ServiceURL = "http://aws.invalid/", HttpClientFactory = new PeerFactory(new Hanging(hang.Task)) });
        var catalog = new SsmClassCatalog(ssm, Options.Create(new SsmClassOptions { Parameter = Parameter }), _account.Clock, NullLogger<SsmClassCatalog>.Instance);
        var asked = catalog.GetClassesAsync(Cancel).AsTask();

        _account.Clock.Advance(TimeSpan.FromSeconds(15));

        await Assert.ThrowsAsync<ClassesUnavailableException>(() => asked);
        hang.SetResult();
    }

    [Fact]
    public void A_catalogue_without_a_parameter_is_refused()
    {
        var services = _account.Services();
        services.AddRunnerFleet(_ => { }).UseSsmClasses(o => o.RefreshSeconds = 0);
        using var provider = services.BuildServiceProvider();
        var refused = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<SsmClassOptions>>().Value);
        Assert.Equal(2, refused.Failures.Count());
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private async Task<IEnumerable<string>> NamesAsync() => (await Catalog.GetClassesAsync(Cancel)).Keys;

    private sealed class Hanging(Task until) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await until;
            return new(HttpStatusCode.OK);
        }
    }
}
