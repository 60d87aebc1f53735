using Amazon.Extensions.NETCore.Setup;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RunnerFleet.Aws.Ecs;
using RunnerFleet.Compute;
using RunnerFleet.Testing.Aws;

namespace RunnerFleet.Aws.Tests.Ecs;

public sealed class EcsSettingsTests
{
    private const string Role = "arn:aws:iam::123456789012:role/runner";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, Action<EcsLauncherOptions>> Bad { get; } = new()
    {
        { "Cluster is not set", o => o.Cluster = null },
        { "Cluster is 'a b'", o => o.Cluster = "a b" },
        { "Cluster is 'arn:aws:ecs:eu-central-1:1:cluster/x'", o => o.Cluster = "arn:aws:ecs:eu-central-1:1:cluster/x" },
        { "Subnets are not set", o => o.Subnets.Clear() },
        { "Subnets are 'subnet-1', 'vpc-1'", o => { o.Subnets.Clear(); o.Subnets.Add("subnet-1"); o.Subnets.Add("vpc-1"); } },
        { "write 1 to 16 ids", o => { for (var n = 0; n < 20; n++) { o.Subnets.Add("subnet-1"); } } },
        { "SecurityGroups are 'web'", o => { o.SecurityGroups.Clear(); o.SecurityGroups.Add("web"); } },
        { "write at most 5 ids", o => { for (var n = 0; n < 6; n++) { o.SecurityGroups.Add("sg-1"); } } },
        { "ExecutionRoleArn is 'runner'", o => o.ExecutionRoleArn = "runner" },
        { "TaskRoleArn is 'arn:aws:iam::123456789012:user/x'", o => o.TaskRoleArn = "arn:aws:iam::123456789012:user/x" },
        { "EnableExecuteCommand needs a TaskRoleArn", o => o.EnableExecuteCommand = true },
        { "Set LogRegion", o => (o.LogGroup, o.ExecutionRoleArn) = ("/runners", Role) },
        { "Set ExecutionRoleArn", o => (o.LogGroup, o.LogRegion) = ("/runners", "eu-central-1") },
        { "LogStreamPrefix must not be empty", o => (o.LogGroup, o.LogRegion, o.ExecutionRoleArn, o.LogStreamPrefix) = ("/runners", "eu-central-1", Role, " ") },
        { "StopTimeoutSeconds (1)", o => o.StopTimeoutSeconds = 1 },
        { "StopTimeoutSeconds (121)", o => o.StopTimeoutSeconds = 121 },
        { "PlatformVersion is 'newest'", o => o.PlatformVersion = "newest" },
        { "DefaultImage is 'a b'", o => o.DefaultImage = "a b" },
        { "ClassCapacityProviders:small is 'FARGATE_SPOT'", o => o.ClassCapacityProviders["small"] = "FARGATE_SPOT" },
        { "ClassCapacityProviders:small is not set", o => o.ClassCapacityProviders["small"] = "" },
        { "names 'RunnerFleet_URL'", o => o.EnvironmentVariables["RunnerFleet_URL"] = "x" },
        { "names 'A=B'", o => o.EnvironmentVariables["A=B"] = "x" },
        { "Tags:'aws:team'", o => o.Tags["aws:team"] = "x" },
        { "Tags:'runnerfleet:team'", o => o.Tags["runnerfleet:team"] = "x" },
        { "Tags:'team'", o => o.Tags["team"] = new string('x', 257) },
        { "Tags:'a*b'", o => o.Tags["a*b"] = "x" },
        { "Tags are 41", o => { for (var n = 0; n < 41; n++) { o.Tags[$"t{n}"] = "x"; } } },
    };

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void A_bad_setting_is_named_with_what_to_write(string words, Action<EcsLauncherOptions> change)
    {
        var result = new EcsLauncherRules().Validate(null, EcsWorld.Options(change));

        var failure = Assert.Single(result.Failures ?? []);
        Assert.StartsWith("The ECS launcher's ", failure, StringComparison.Ordinal);
        Assert.Contains(words, failure, StringComparison.Ordinal);
    }

    [Fact]
    public void The_least_and_the_most_that_can_be_said_are_both_fine()
    {
        Assert.True(new EcsLauncherRules().Validate(null, new() { Cluster = "c", Subnets = { "subnet-1" } }).Succeeded);
        Assert.True(new EcsLauncherRules().Validate(null, EcsWorld.Options(o =>
        {
            o.Cluster = "arn:aws-cn:ecs:cn-north-1:123456789012:cluster/runners";
            (o.ExecutionRoleArn, o.TaskRoleArn) = (Role, "arn:aws:iam::123456789012:role/path/to/task");
            (o.LogGroup, o.EnableExecuteCommand, o.PlatformVersion, o.AssignPublicIp) = ("/runners", true, "LATEST", true);
            o.Tags["team:cost"] = "";
            o.ClassCapacityProviders["gpu"] = "my-instances";
            o.EnvironmentVariables["https_proxy"] = "http://proxy.example:3128";
        })).Succeeded);
    }

    [Fact]
    public async Task A_host_with_bad_settings_does_not_start()
    {
        using var host = Host(builder => builder.UseEcs(o => o.Cluster = "runners"));

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancel));

        Assert.StartsWith("The ECS launcher's Subnets are not set", Assert.Single(error.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_with_a_class_that_Fargate_does_not_run_does_not_start()
    {
        using var host = Host(
            builder => builder.UseEcs(o => { o.Cluster = "runners"; o.Subnets.Add("subnet-1"); o.ClassCapacityProviders["HUGE"] = "instances"; }),
            o =>
            {
                o.Classes["small"] = new() { Cpu = 512, Memory = 1024, Disk = 20 };
                o.Classes["odd"] = new() { Cpu = 1000, Memory = 1024 };
                o.Classes["large"] = new() { Cpu = 4096, Memory = 8192, Disk = 300 };
                o.Classes["huge"] = new() { Cpu = 65536, Memory = 262144, Disk = 1000 };
            });

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancel));

        Assert.Equal(2, error.Failures.Count());
        Assert.Contains(error.Failures, failure => failure.StartsWith("RunnerFleet:Classes:odd: Fargate has no size with 1000 processor units.", StringComparison.Ordinal));
        Assert.Contains(error.Failures, failure => failure.StartsWith("RunnerFleet:Classes:large: Fargate gives a task at most 200 GiB of disk, not 300.", StringComparison.Ordinal));
    }

    [Fact]
    public void Settings_come_from_configuration()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Cluster"] = "runners",
            ["Subnets:0"] = "subnet-1",
            ["Subnets:1"] = "subnet-2",
            ["AssignPublicIp"] = "true",
            ["Spot"] = "false",
            ["StopTimeoutSeconds"] = "60",
            ["ClassCapacityProviders:Gpu"] = "instances",
            ["Tags:team"] = "build",
            ["EnvironmentVariables:https_proxy"] = "http://proxy.example",
        }).Build();
        using var host = Host(builder => builder.UseEcs(configuration));

        var options = host.Services.GetRequiredService<IOptions<EcsLauncherOptions>>().Value;

        Assert.Equal(("runners", true, false, 60), (options.Cluster, options.AssignPublicIp, options.Spot, options.StopTimeoutSeconds));
        Assert.Equal(["subnet-1", "subnet-2"], options.Subnets);
        Assert.Equal(("instances", "build", "http://proxy.example"), (options.ClassCapacityProviders["gpu"], options.Tags["team"], options.EnvironmentVariables["https_proxy"]));
    }

    [Fact]
    public async Task Without_a_client_of_the_application_the_fleets_own_goes_where_the_AWS_settings_say()
    {
        using var world = new EcsWorld();
        await using var server = await AwsStandInServer.StartAsync(world.Aws, cancellationToken: Cancel);
        using var host = Host(builder =>
        {
            var settings = new AWSOptions { Credentials = AwsStandIn.Credentials };
            (settings.DefaultClientConfig.ServiceURL, settings.DefaultClientConfig.AuthenticationRegion) = (server.Url.AbsoluteUri, world.Aws.Region);
            builder.Services.AddSingleton(settings);
            builder.UseEcs(o => { o.Cluster = EcsWorld.Cluster; o.Subnets.Add("subnet-1"); });
        });

        var outcome = await host.Services.GetRequiredService<IComputeLauncher>().LaunchAsync(world.Request(), Cancel);

        Assert.Equal(Assert.Single(world.Ecs.Tasks).Arn, outcome switch { LaunchOutcome.Launched launched => launched.Compute.Id, LaunchOutcome.Existing existing => existing.Compute.Id, _ => null });
    }

    [Fact]
    public void A_client_that_was_registered_before_is_used()
    {
        var mine = new StubEcs();
        using var host = Host(builder =>
        {
            builder.Services.AddSingleton<IEcsApi>(mine);
            builder.UseEcs(o => { o.Cluster = "runners"; o.Subnets.Add("subnet-1"); });
        });

        Assert.Same(mine, host.Services.GetRequiredService<IEcsApi>());
        Assert.IsType<EcsLauncher>(host.Services.GetRequiredService<IComputeLauncher>());
    }

    private static IHost Host(Action<IRunnerFleetBuilder> use, Action<RunnerFleetOptions>? configure = null)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        use(builder.Services.AddRunnerFleet(o =>
        {
            o.PublicUrl = new Uri("https://fleet.example");
            (o.GitHub.WebhookSecret, o.GitHub.Token) = ("a secret of this test", "a-token");
            configure?.Invoke(o);
        }));
        return builder.Build();
    }
}
