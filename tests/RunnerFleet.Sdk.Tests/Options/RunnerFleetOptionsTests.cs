using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace RunnerFleet.Sdk.Tests.Options;

public sealed class RunnerFleetOptionsTests
{
    private const string Key = "sixteen letters.";

    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(Failures([]));

    [Fact]
    public void A_full_configuration_is_valid() => Assert.Empty(Failures(new()
    {
        ["Name"] = "team-a",
        ["PublicUrl"] = "https://runners.example.com/fleet",
        ["ClaimKeys:0"] = Key,
        ["GitHub:WebhookSecret"] = "s",
        ["GitHub:PreviousWebhookSecrets:0"] = "t",
        ["GitHub:Token"] = "ghs_1_a.b.c",
        ["GitHub:Organization"] = "octo",
        ["GitHub:RunnerGroupId"] = "7",
        ["GitHub:ApiUrl"] = "https://ghes.example.com/api/v3",
        ["Labels:RequiredLabel"] = "fleet=a",
        ["Labels:OwnLabels:0"] = "team/blue",
        ["Labels:DefaultClass"] = "LARGE",
        ["Labels:DefaultImage"] = "ubuntu:24.04",
        ["Policy:Repositories:0"] = "octo/*",
        ["Policy:PublicRepositories:0"] = "octo/open",
        ["Policy:Images:0"] = "ghcr.io/octo/*",
        ["Classes:large:Cpu"] = "4096",
        ["Classes:large:Memory"] = "8192",
        ["Classes:large:Architecture"] = "arm64",
    }));

    [Theory]
    [InlineData("Name", ""), InlineData("Name", "Team A"), InlineData("Name", "a-name-of-over-16"), InlineData("Name", "-a"), InlineData("Name", "a\n")]
    [InlineData("PublicUrl", "runners.example.com"), InlineData("PublicUrl", "http://runners.example.com"), InlineData("PublicUrl", "ftp://runners.example.com"), InlineData("PublicUrl", "https://runners.example.com/?a=b")]
    [InlineData("GitHub:ApiUrl", "http://ghes.example.com/api/v3"), InlineData("GitHub:ApiUrl", "api.github.com"), InlineData("GitHub:ApiUrl", "https://api.github.com/#x")]
    [InlineData("GitHub:ApiVersion", ""), InlineData("GitHub:RequestTimeoutSeconds", "0"), InlineData("GitHub:RegistrationsPerSecond", "0"), InlineData("GitHub:RunnerGroupId", "0"), InlineData("GitHub:WebhookId", "0"), InlineData("GitHub:ReconcileCallsPerHour", "-1")]
    [InlineData("GitHub:Repository", "octo"), InlineData("GitHub:Repository", "octo/a/b"), InlineData("GitHub:Repository", "octo/.."), InlineData("GitHub:Repository", "../octo")]
    [InlineData("GitHub:Organization", "octo/x"), InlineData("GitHub:Organization", ".."), InlineData("GitHub:Enterprise", "a b")]
    [InlineData("GitHub:Token", "ghp_x\n"), InlineData("GitHub:PreviousWebhookSecrets:0", " ")]
    [InlineData("ClaimKeys:0", "fifteen letters")]
    [InlineData("Labels:RequiredLabel", "a b"), InlineData("Labels:RequiredLabel", "class:x"), InlineData("Labels:OwnLabels:0", "a,b"), InlineData("Labels:OwnLabels:0", "Image:x"), InlineData("Labels:OwnLabels:0", "Windows"), InlineData("Labels:OwnLabels:0", "")]
    [InlineData("Labels:DefaultImage", "Ubuntu"), InlineData("Labels:DefaultImage", "localhost/x")]
    [InlineData("Policy:Repositories:0", "octo"), InlineData("Policy:Repositories:0", "*"), InlineData("Policy:Repositories:0", "*/x"), InlineData("Policy:Repositories:0", "/*"), InlineData("Policy:PublicRepositories:0", "octo/*"), InlineData("Policy:Images:0", "ubuntu:22.04"), InlineData("Policy:Images:0", "*")]
    [InlineData("Classes:large:Cpu", "0"), InlineData("Classes:large:Memory", "-1"), InlineData("Classes:large:Disk", "0"), InlineData("Classes:large:Limit", "-1"), InlineData("Classes:large:JobTimeLimitSeconds", "-1"), InlineData("Classes:large:Architecture", "arm"), InlineData("Classes:large:Architecture", "")]
    [InlineData("Limits:Fleet", "-1"), InlineData("Limits:PerRepository", "-1"), InlineData("Limits:LaunchesPerJob", "0"), InlineData("Limits:ReplacementsPerJob", "-1"), InlineData("Limits:ClaimsPerRunner", "11")]
    [InlineData("Timing:RunnerTtlSeconds", "59"), InlineData("Timing:JobTimeLimitSeconds", "-1"), InlineData("Timing:IdleProofSeconds", "601"), InlineData("Timing:HistoryDays", "0"), InlineData("Timing:SweepIntervalSeconds", "1")]
    public void A_bad_setting_is_named_by_its_path(string path, string value) =>
        Assert.Contains(Failures(new() { [path] = value }), failure => failure.Contains($"RunnerFleet:{path}", StringComparison.Ordinal));

    [Fact]
    public void A_class_with_a_bad_name_is_named() =>
        Assert.Contains("RunnerFleet:Classes:very large", Assert.Single(Failures(new() { ["Classes:very large:Cpu"] = "1024" })), StringComparison.Ordinal);

    [Fact]
    public void Two_classes_that_differ_only_in_case_are_refused()
    {
        var options = new RunnerFleetOptions { Classes = new Dictionary<string, RunnerClassOptions>(StringComparer.Ordinal) { ["large"] = new(), ["Large"] = new() } };
        Assert.Contains("RunnerFleet:Classes:Large is there twice", Assert.Single(FailuresOf(options)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_without_settings_is_refused()
    {
        var options = new RunnerFleetOptions { Classes = { ["large"] = null! } };
        Assert.Contains("RunnerFleet:Classes:large", Assert.Single(FailuresOf(options)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RunnerFleet:GitHub:Repository ('octo/a') and RunnerFleet:GitHub:Organization ('octo')", "GitHub:Repository", "octo/a", "GitHub:Organization", "octo", "GitHub:RunnerGroupId", "7")]
    [InlineData("RunnerFleet:Policy:AllowDefaultRunnerGroup (now false)", "GitHub:Organization", "octo")]
    [InlineData("RunnerFleet:GitHub:Enterprise ('corp')", "GitHub:Enterprise", "corp")]
    [InlineData("RunnerFleet:GitHub:RunnerGroupId is 7", "GitHub:Repository", "octo/a", "GitHub:RunnerGroupId", "7")]
    [InlineData("RunnerFleet:GitHub:WebhookId is 5", "GitHub:WebhookId", "5")]
    [InlineData("RunnerFleet:Labels:DefaultClass is 'small', but RunnerFleet:Classes has only large", "Labels:DefaultClass", "small", "Classes:large:Cpu", "1024")]
    [InlineData("RunnerFleet:Timing:ClaimTimeoutSeconds is 700 and RunnerFleet:Timing:RunnerTtlSeconds is 700", "Timing:ClaimTimeoutSeconds", "700", "Timing:RunnerTtlSeconds", "700")]
    [InlineData("RunnerFleet:Timing:StartingTimeoutSeconds is 600 and RunnerFleet:Timing:RunnerTtlSeconds is 60", "Timing:RunnerTtlSeconds", "60", "Timing:ClaimTimeoutSeconds", "30")]
    [InlineData("RunnerFleet:Timing:LaunchTimeoutSeconds is 30 and RunnerFleet:Timing:StartingTimeoutSeconds is 10", "Timing:StartingTimeoutSeconds", "10")]
    [InlineData("RunnerFleet:Timing:RetrySeconds is 15 and RunnerFleet:Timing:RetryMaxSeconds is 10", "Timing:RetryMaxSeconds", "10")]
    public void Settings_that_contradict_each_other_are_quoted_together(string message, params string[] settings) =>
        Assert.Contains(message, Assert.Single(Failures(settings.Chunk(2).ToDictionary(pair => pair[0], pair => (string?)pair[1]))), StringComparison.Ordinal);

    [Fact]
    public void The_default_runner_group_can_be_allowed() =>
        Assert.Empty(Failures(new() { ["GitHub:Organization"] = "octo", ["Policy:AllowDefaultRunnerGroup"] = "true" }));

    [Theory]
    [InlineData("http://127.0.0.1:5080"), InlineData("http://localhost:5080/fleet"), InlineData("http://[::1]:5080")]
    public void Plain_http_is_allowed_on_loopback(string url) => Assert.Empty(Failures(new() { ["PublicUrl"] = url, ["GitHub:ApiUrl"] = url }));

    [Theory]
    [InlineData("http://172.17.0.1:5080", true), InlineData("http://10.0.0.2", true), InlineData("http://192.168.1.9/fleet", true), InlineData("http://[fd00::1]:5080", true)]
    [InlineData("http://172.32.0.1", false), InlineData("http://8.8.8.8", false), InlineData("http://[2001:db8::1]", false), InlineData("http://host.docker.internal:5080", false)]
    public void Runners_may_be_told_of_plain_http_at_a_private_address(string url, bool allowed) => Assert.Equal(allowed, Failures(new() { ["PublicUrl"] = url }) is []);

    [Fact]
    public void GitHub_is_never_spoken_to_in_plain_http_at_a_private_address() => Assert.NotEmpty(Failures(new() { ["GitHub:ApiUrl"] = "http://172.17.0.1:5080" }));

    [Fact]
    public void A_default_class_without_classes_here_is_left_to_another_catalogue() => Assert.Empty(Failures(new() { ["Labels:DefaultClass"] = "small" }));

    [Fact]
    public void No_message_quotes_a_secret()
    {
        const string Secret = "s3cret";
        var failures = Failures(new()
        {
            ["ClaimKeys:0"] = Secret,
            ["GitHub:Token"] = Secret + "\n",
            ["PublicUrl"] = $"https://user:{Secret}@runners.example.com",
            ["GitHub:ApiUrl"] = $"https://api.github.com/?token={Secret}",
        });
        Assert.Equal(4, failures.Count);
        Assert.All(failures, failure => Assert.DoesNotContain(Secret, failure, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_attribute_says_which_setting_it_is_about()
    {
        Type[] sections = [typeof(RunnerFleetOptions), typeof(GitHubOptions), typeof(LabelOptions), typeof(PolicyOptions), typeof(LimitOptions), typeof(TimingOptions)];
        var rules = sections.SelectMany(section => section.GetProperties())
            .SelectMany(property => property.GetCustomAttributes<ValidationAttribute>().Select(attribute => (property.Name, attribute.ErrorMessage))).ToList();
        Assert.True(rules.Count > 25);
        Assert.All(rules, rule => Assert.Matches($"^RunnerFleet:([A-Za-z]+:)?{rule.Name} must ", rule.ErrorMessage));
    }

    private static List<string> Failures(Dictionary<string, string?> settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(pair => $"RunnerFleet:{pair.Key}", pair => pair.Value)).Build();
        var options = new RunnerFleetOptions();
        configuration.GetSection(RunnerFleetOptions.SectionName).Bind(options);
        return FailuresOf(options);
    }

    private static List<string> FailuresOf(RunnerFleetOptions options) =>
        [.. new RunnerFleetOptionsValidator().Validate(null, options).Failures ?? [], .. new RunnerFleetOptionsRules().Validate(null, options).Failures ?? []];
}
