using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RunnerFleet.Aws.Secrets;
using RunnerFleet.Compute;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Aws.Tests.Secrets;

public sealed class ReferencedSettingsTests
{
    private const string Hush = "hush-hush-hush-hush-hush";
    private const string Newer = "newer-newer-newer-newer";
    private readonly Account _account = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_setting_that_holds_a_secret_may_refer_to_AWS()
    {
        var arn = _account.Aws.Ssm.Put("/fleet/webhook", "webhook secret", isSecure: true);
        var secret = _account.Aws.SecretsManager.Put("fleet/github", """{"token":"the-token","claim":"a claim key of the fleet"}""");
        using var services = Services(o =>
        {
            o.GitHub.WebhookSecret = "ssm:/fleet/webhook";
            o.GitHub.PreviousWebhookSecrets.Add("plain");
            o.GitHub.PreviousWebhookSecrets.Add($"ssm:{arn}");
            o.GitHub.Token = "secretsmanager:fleet/github#token";
            o.ClaimKeys.Add($"secretsmanager:{secret}#claim");
        });

        var settings = services.GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>().CurrentValue;

        Assert.Equal("webhook secret", settings.GitHub.WebhookSecret);
        Assert.Equal(["plain", "webhook secret"], settings.GitHub.PreviousWebhookSecrets);
        Assert.Equal("the-token", settings.GitHub.Token);
        Assert.Equal(["a claim key of the fleet"], settings.ClaimKeys);
    }

    [Fact]
    public void A_source_is_read_once_however_many_settings_refer_to_it_and_however_often_settings_are_made()
    {
        _account.Aws.SecretsManager.Put("github", """{"token":"t","webhook":"w"}""");
        using var services = Services(o => (o.GitHub.Token, o.GitHub.WebhookSecret) = ("secretsmanager:github#token", "secretsmanager:github#webhook"));

        Assert.Equal("t", services.GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>().CurrentValue.GitHub.Token);
        Assert.Equal("w", services.GetRequiredService<IOptions<RunnerFleetOptions>>().Value.GitHub.WebhookSecret);
        Assert.Single(_account.Aws.Calls);
    }

    [Fact]
    public async Task References_are_resolved_before_the_settings_are_validated_at_start()
    {
        _account.Aws.Ssm.Put("/fleet/key", "a claim key of the fleet", isSecure: true); // the reference itself would be too short
        using var host = Host(o => o.ClaimKeys.Add("ssm:/fleet/key"));

        await host.StartAsync(Cancel);

        Assert.Equal("a claim key of the fleet", host.Services.GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>().CurrentValue.ClaimKeys[0]);
        await host.StopAsync(Cancel);
    }

    [Fact]
    public async Task What_is_resolved_is_validated_and_not_quoted()
    {
        _account.Aws.Ssm.Put("/fleet/key", "too short", isSecure: true);
        using var host = Host(o => o.ClaimKeys.Add("ssm:/fleet/key"));

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancel));

        Assert.Contains("RunnerFleet:ClaimKeys:0 has 9 characters", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("too short", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reference_that_cannot_be_read_is_all_that_is_said_of_its_setting_and_may_pass()
    {
        using var host = Host(o => o.ClaimKeys.Add("ssm:/none")); // shorter than a claim key may be

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancel));

        Assert.StartsWith("RunnerFleet:ClaimKeys:0 refers to 'ssm:/none', which cannot be read: ", Assert.Single(refused.Failures), StringComparison.Ordinal);
        Assert.True(host.Services.GetRequiredService<IAwsSecrets>().IsUnreadable(refused));
    }

    [Fact]
    public async Task What_is_wrong_beside_a_reference_that_cannot_be_read_does_not_pass()
    {
        using var host = Host(o => (o.GitHub.Token, o.GitHub.Repository) = ("ssm:/none", "nonsense"));

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancel));

        Assert.Equal(2, refused.Failures.Count());
        Assert.False(host.Services.GetRequiredService<IAwsSecrets>().IsUnreadable(refused));
        Assert.False(host.Services.GetRequiredService<IAwsSecrets>().IsUnreadable(new OptionsValidationException("", typeof(string), ["It refers to 'x', which cannot be read: no."])));
    }

    [Fact]
    public async Task A_host_with_a_reference_that_cannot_be_read_does_not_start_and_names_it()
    {
        using var host = Host(o => (o.GitHub.Token, o.GitHub.WebhookSecret) = ("secretsmanager:none", "ssm:/none"));

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancel));

        Assert.Equal(
            [
                "RunnerFleet:GitHub:WebhookSecret refers to 'ssm:/none', which cannot be read: there is no such parameter in this account and region.",
                "RunnerFleet:GitHub:Token refers to 'secretsmanager:none', which cannot be read: there is no such secret in this account and region.",
            ],
            refused.Failures);
    }

    [Theory]
    [InlineData("ssm:", "it names nothing")]
    [InlineData("ssm:/text#key", "it is not JSON, so it has no member 'key'.")]
    [InlineData("ssm:/object#none", "it has no member 'none'.")]
    [InlineData("ssm:/object#number", "its member 'number' is no text, or an empty one.")]
    [InlineData("ssm:/object#", "it has no member ''.")]
    [InlineData("ssm:/list#key", "it is no JSON object, so it has no member 'key'.")]
    [InlineData("secretsmanager:bytes", "it holds bytes; a setting needs a text.")]
    [InlineData("secretsmanager:empty", "it is empty.")]
    public void What_is_wrong_with_a_reference_is_said_without_its_value(string reference, string sentence)
    {
        _account.Aws.Ssm.Put("/text", Hush);
        _account.Aws.Ssm.Put("/object", $$"""{"text":"{{Hush}}","number":5}""");
        _account.Aws.Ssm.Put("/list", $"[\"{Hush}\"]");
        _account.Aws.SecretsManager.Put("bytes", [1]);
        _account.Aws.SecretsManager.Put("empty", "");
        using var services = Services(o => o.GitHub.Token = reference);

        var refused = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>().CurrentValue);

        Assert.Contains($"which cannot be read: {sentence}", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_says_which_permission_is_missing()
    {
        _account.Aws.FailNext(1, "GetSecretValue", "AccessDeniedException");
        using var services = Services(o => o.GitHub.Token = "secretsmanager:x");

        var refused = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>().CurrentValue);

        Assert.Contains("secretsmanager:GetSecretValue", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_is_not_kept()
    {
        using var services = Services(o => o.GitHub.Token = "ssm:/late");
        var monitor = services.GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>();
        Assert.Throws<OptionsValidationException>(() => monitor.CurrentValue);

        _account.Aws.Ssm.Put("/late", "here");

        Assert.Equal("here", monitor.CurrentValue.GitHub.Token);
    }

    [Fact]
    public void A_value_that_looks_like_a_reference_is_a_value()
    {
        _account.Aws.Ssm.Put("/odd", "ssm:/hush");
        using var services = Services(o => o.GitHub.Token = "ssm:/odd");
        Assert.Equal("ssm:/hush", services.GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>().CurrentValue.GitHub.Token);
    }

    [Fact]
    public void Without_a_reference_AWS_is_not_asked_and_no_client_is_made()
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(_account.Clock);
        services.AddSingleton<Amazon.SimpleSystemsManagement.IAmazonSimpleSystemsManagement>(_ => throw new InvalidOperationException("A client needs a region, which a fleet without references need not have."));
        services.AddLogging();
        services.AddRunnerFleet(o => o.GitHub.Token = "plain").UseAwsSecrets();
        using var provider = services.BuildServiceProvider();
        Assert.Equal("plain", provider.GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>().CurrentValue.GitHub.Token);
    }

    [Fact]
    public async Task A_rotated_secret_is_followed_in_the_background()
    {
        _account.Aws.Ssm.Put("/token", "before");
        using var host = Host(o => o.GitHub.Token = "ssm:/token");
        await host.StartAsync(Cancel);
        var monitor = host.Services.GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>();
        var changed = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var follow = monitor.OnChange(o => changed.TrySetResult(o.GitHub.Token));
        _account.Aws.Ssm.Put("/token", "after");

        _account.Clock.Advance(TimeSpan.FromSeconds(299));
        Assert.Equal("before", monitor.CurrentValue.GitHub.Token);
        await _account.AdvanceUntilAsync(() => changed.Task.IsCompleted, TimeSpan.FromSeconds(1));

        Assert.Equal("after", await changed.Task);
        Assert.Equal("after", monitor.CurrentValue.GitHub.Token);
        await host.StopAsync(Cancel);
    }

    [Fact]
    public async Task A_host_without_time_in_the_background_refreshes_when_values_are_old()
    {
        _account.Aws.Ssm.Put("/token", Hush);
        using var services = Services(o => o.GitHub.Token = "ssm:/token");
        var (secrets, monitor) = (services.GetRequiredService<IAwsSecrets>(), services.GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>());

        await secrets.RefreshAsync(Cancel);
        Assert.Single(_account.Aws.Calls);
        Assert.Equal(Hush, monitor.CurrentValue.GitHub.Token);

        _account.Aws.Ssm.Put("/token", Newer);
        _account.Clock.Advance(TimeSpan.FromSeconds(299));
        await secrets.RefreshAsync(Cancel);
        Assert.Single(_account.Aws.Calls);

        _account.Clock.Advance(TimeSpan.FromSeconds(1));
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => secrets.RefreshAsync(Cancel)));
        Assert.Equal(2, _account.Aws.Calls.Count);
        Assert.Equal(Newer, monitor.CurrentValue.GitHub.Token);
        Assert.DoesNotContain(_account.Log.All, line => line.Text.Contains(Hush, StringComparison.Ordinal) || line.Text.Contains(Newer, StringComparison.Ordinal));
    }

    [Fact]
    public async Task While_a_read_fails_the_last_good_value_stays_and_the_failure_is_said_once()
    {
        _account.Aws.Ssm.Put("/token", "good");
        _account.Aws.SecretsManager.Put("webhook", "before");
        using var services = Services(o => (o.GitHub.Token, o.GitHub.WebhookSecret) = ("ssm:/token", "secretsmanager:webhook"));
        var (secrets, monitor) = (services.GetRequiredService<IAwsSecrets>(), services.GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>());
        await secrets.RefreshAsync(Cancel);
        _account.Aws.Ssm.Remove("/token");
        _account.Aws.SecretsManager.Put("webhook", "after");

        for (var look = 0; look < 3; look++)
        {
            _account.Clock.Advance(TimeSpan.FromMinutes(5));
            await secrets.RefreshAsync(Cancel);
        }

        Assert.Equal(("good", "after"), (monitor.CurrentValue.GitHub.Token, monitor.CurrentValue.GitHub.WebhookSecret));
        Assert.Contains("ssm:/token", Assert.Single(_account.Log.Of(6400)).Text, StringComparison.Ordinal);

        // A failure is tried again before its time: in 30 seconds.
        _account.Aws.Ssm.Put("/token", "better");
        _account.Clock.Advance(TimeSpan.FromSeconds(30));
        await secrets.RefreshAsync(Cancel);
        Assert.Equal("better", monitor.CurrentValue.GitHub.Token);
    }

    [Fact]
    public async Task A_new_value_that_is_not_valid_is_refused_and_the_settings_before_stay()
    {
        _account.Aws.Ssm.Put("/key", "a claim key of the fleet");
        using var services = Services(o => o.ClaimKeys.Add("ssm:/key"));
        var (secrets, monitor) = (services.GetRequiredService<IAwsSecrets>(), services.GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>());
        await secrets.RefreshAsync(Cancel);
        _account.Aws.Ssm.Put("/key", "short-hush");

        _account.Clock.Advance(TimeSpan.FromMinutes(5));
        await secrets.RefreshAsync(Cancel);

        Assert.Equal("a claim key of the fleet", monitor.CurrentValue.ClaimKeys[0]);
        Assert.Contains("RunnerFleet:ClaimKeys:0 has 10 characters", Assert.Single(_account.Log.Of(2061)).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(_account.Log.All, line => line.Text.Contains("hush", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_reference_that_comes_with_a_reload_and_cannot_be_read_is_tried_again_until_it_can()
    {
        _account.Aws.Ssm.Put("/first", "one");
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("GitHub:Token", "ssm:/first")]).Build();
        var collection = _account.Services();
        collection.AddRunnerFleet(configuration).UseAwsSecrets();
        using var services = collection.BuildServiceProvider();
        var (secrets, monitor) = (services.GetRequiredService<IAwsSecrets>(), services.GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>());
        await secrets.RefreshAsync(Cancel);

        configuration["GitHub:Token"] = "ssm:/second";
        configuration.Reload();
        Assert.Equal("one", monitor.CurrentValue.GitHub.Token);

        _account.Aws.Ssm.Put("/second", "two");
        _account.Clock.Advance(TimeSpan.FromSeconds(30));
        await secrets.RefreshAsync(Cancel);
        Assert.Equal("two", monitor.CurrentValue.GitHub.Token);

        // What is no longer referred to is no longer asked for.
        _account.Aws.ForgetCalls();
        _account.Clock.Advance(TimeSpan.FromMinutes(5));
        await secrets.RefreshAsync(Cancel);
        Assert.Single(_account.Aws.Calls);
    }

    [Fact]
    public async Task A_refresh_that_hangs_ends_after_5_seconds_by_the_clock()
    {
        var api = new Hanging();
        var collection = new ServiceCollection();
        collection.AddSingleton<ISecretsManagerApi>(api);
        collection.AddSingleton<TimeProvider>(_account.Clock);
        collection.AddLogging();
        collection.AddRunnerFleet(o => o.GitHub.Token = "secretsmanager:x").UseAwsSecrets();
        using var services = collection.BuildServiceProvider();
        var secrets = services.GetRequiredService<IAwsSecrets>();
        await secrets.RefreshAsync(Cancel);
        api.Hangs = true;
        _account.Clock.Advance(TimeSpan.FromMinutes(5));

        var refresh = secrets.RefreshAsync(Cancel);
        Assert.False(refresh.IsCompleted);
        _account.Clock.Advance(TimeSpan.FromSeconds(5));

        await refresh;
        Assert.Equal("good", services.GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>().CurrentValue.GitHub.Token);
    }

    [Fact]
    public void Settings_of_others_can_refer_to_AWS_too()
    {
        _account.Aws.Ssm.Put("/key", "the api key");
        var collection = _account.Services();
        collection.AddRunnerFleet(_ => { }).UseAwsSecrets();
        collection.AddOptions<Other>().Configure(o => o.Key = "ssm:/key").PostConfigure<IAwsSecrets>((o, secrets) => o.Key = secrets.Resolve(o.Key));
        using var services = collection.BuildServiceProvider();
        var secrets = services.GetRequiredService<IAwsSecrets>();

        Assert.Equal("the api key", services.GetRequiredService<IOptions<Other>>().Value.Key);
        Assert.Equal("plain", secrets.Resolve("plain"));
        Assert.Null(secrets.Resolve(null));
        Assert.Contains("'ssm:/none'", Assert.Throws<AwsSecretUnavailableException>(() => secrets.Resolve("ssm:/none")).Message, StringComparison.Ordinal);
    }

    private ServiceProvider Services(Action<RunnerFleetOptions> configure)
    {
        var services = _account.Services();
        services.AddRunnerFleet(configure).UseAwsSecrets();
        return services.BuildServiceProvider();
    }

    private IHost Host(Action<RunnerFleetOptions> configure)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        _account.Register(builder.Services);
        builder.Services.AddSingleton<IComputeLauncher>(new FakeComputeLauncher(_account.Clock));
        builder.Services.AddRunnerFleet(configure).UseAwsSecrets();
        return builder.Build();
    }

    private sealed class Other
    {
        public string? Key { get; set; }
    }

    private sealed class Hanging : ISecretsManagerApi
    {
        public bool Hangs { get; set; }

        public Task<SecretValue> GetSecretValueAsync(string secretId, CancellationToken cancellationToken) =>
            Hangs ? new TaskCompletionSource<SecretValue>().Task : Task.FromResult(new SecretValue { SecretString = "good" });
    }
}
