namespace RunnerFleet.Hosts.Tests;

/// <summary>A host with bad settings does not start, and one sentence says what to change.</summary>
public sealed class SettingsTests
{
    [Theory]
    [InlineData("RunnerFleet:GitHub:Token is missing", "GitHub:Token", null)]
    [InlineData("RunnerFleet:GitHub:WebhookSecret is missing", "GitHub:WebhookSecret", null)]
    [InlineData("RunnerFleet:GitHub:Repository is missing", "GitHub:Repository", null)]
    [InlineData("RunnerFolder", "Process:Command:0", null, "Process:Command:1", null, "Process:Command:2", null)]
    [InlineData("RunnerFleet:Api:Key", "PublicUrl", "https://runners.example.com")]
    [InlineData("RunnerFleet:Store", "Store", "dynamo")]
    [InlineData("RunnerFleet:Launcher", "Launcher", "fargate")]
    [InlineData("RunnerFleet:Queue", "Queue", "kafka")]
    [InlineData("RunnerFleet:ClassesFrom", "ClassesFrom", "s3")]
    [InlineData("RunnerFleet:Images", "Images", "codebuild")]
    [InlineData("RunnerFleet:PublicUrl", "Launcher", "ecs")]
    [InlineData("Cluster", "Launcher", "ecs", "PublicUrl", "https://runners.example.com", "Api:Key", "a-key-of-these-tests")]
    [InlineData("QueueUrl", "Queue", "sqs")]
    [InlineData("Parameter", "ClassesFrom", "ssm")]
    [InlineData("AWS_PROFILE", "Store", "dynamodb")]
    [InlineData("AWS_PROFILE", "Queue", "sqs", "Aws:Sqs:QueueUrl", "https://sqs.eu-central-1.amazonaws.com/123456789012/fleet")]
    [InlineData("RunnerFleet:GitHub:Token", "Store", "dynamodb", "GitHub:Token", "ssm:/fleet/token")]
    [InlineData("RunnerFleet:GitHub:WebhookSecret refers to 'ssm:/fleet/secret'", "GitHub:WebhookSecret", "ssm:/fleet/secret")]
    [InlineData("'ssm:/fleet/api-key'", "Api:Key", "ssm:/fleet/api-key")]
    [InlineData("RunnerFleet:Docker:Images", "Launcher", "docker", "Docker:Images", "maybe")]
    [InlineData("RunnerFleet:Api:Key", "Launcher", "docker", "Docker:Network", "host")]
    [InlineData("RunnerFleet:PublicUrl", "Launcher", "docker")]
    [InlineData("RunnerFleet:PublicUrl", "Launcher", "docker", "PublicUrl", "http://127.0.0.1:5080", "Api:Key", "a-key-of-these-tests")]
    [InlineData("RunnerFleet:Labels:DefaultImage", "Launcher", "docker", "Docker:Images", "finished", "Docker:Network", "host", "Api:Key", "a-key-of-these-tests")]
    [InlineData("PidsLimit", "Launcher", "docker", "Docker:PidsLimit", "1", "Docker:Network", "host", "Api:Key", "a-key-of-these-tests")]
    [InlineData("Network", "Launcher", "docker", "Docker:Network", "none", "PublicUrl", "http://172.17.0.1:5080", "Api:Key", "a-key-of-these-tests")]
    [InlineData("RunnerFleet:Docker:StopGraceSeconds", "Launcher", "docker", "Docker:StopGraceSeconds", "soon")]
    [InlineData("RunnerFleet:Docker:Endpoint", "Launcher", "docker", "Docker:Endpoint", "http://")]
    [InlineData("RunnerFleet:Name", "Name", "Not A Name")]
    [InlineData("RunnerFleet:Limits:Fleet", "Limits:Fleet", "many")]
    [InlineData("RunnerFleet:Limits:Fleet", "Limits:Fleet", "-1")]
    [InlineData("RunnerFleet:Process:StopGraceSeconds", "Process:StopGraceSeconds", "soon")]
    [InlineData("RunnerFleet:GitHub:Repository", "GitHub:Repository", "no-owner")]
    [InlineData("RunnerFleet:GitHub:ApiUrl", "GitHub:ApiUrl", "http://github.example.com")]
    [InlineData("RunnerFleet:Timing:IdleProofSeconds", "Timing:IdleProofSeconds", "9999")]
    [InlineData("RunnerFleet:Classes:big:Cpu", "Classes:big:Cpu", "0")]
    [InlineData("RunnerFleet:Api:Key", "Api:Key", "short")]
    public async Task Is_refused_in_one_sentence(string named, params string?[] changes)
    {
        await using var world = await HostWorld.WithGitHubAsync();
        foreach (var change in changes.Chunk(2))
        {
            world.Settings.Remove("RunnerFleet:" + change[0]);
            if (change[1] is { } value)
            {
                world.Settings["RunnerFleet:" + change[0]] = value;
            }
        }

        var host = world.StartUnawaited();
        await host.WaitForExitAsync();

        Assert.Equal(78, host.ExitCode);
        Assert.Contains("RunnerFleet does not start: ", host.Output, StringComparison.Ordinal);
        Assert.Contains(named.Replace(" is missing", "", StringComparison.Ordinal), named.EndsWith(" is missing", StringComparison.Ordinal) ? host.Output[host.Output.IndexOf("Missing:", StringComparison.Ordinal)..] : host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", host.Output, StringComparison.Ordinal);
    }
}
