using System.Diagnostics;
using System.Security;
using System.Text.RegularExpressions;
using Amazon;
using Amazon.Extensions.NETCore.Setup;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Aws;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Packaging.Tests.Packages;

[Collection("builds")]
public sealed class ToolTests(PackedRepository repository)
{
    private const string Id = "RunnerFleet.Cli";
    private const string Table = "runners-of-a-fleet";

    [Fact]
    public async Task The_tool_is_installed_from_its_package_and_lists_runners()
    {
        var folder = await InstallAsync();
        var account = new AwsStandIn(TimeProvider.System);
        await using var server = await AwsStandInServer.StartAsync(account, cancellationToken: TestContext.Current.CancellationToken);
        var runner = SampleRecords.Runner(1) with { Deadline = SampleRecords.At(7200) };
        await RecordAsync(server.Url, account.Region, runner);

        Assert.Equal((0, repository.Version), await RunAsync(folder, server.Url, account.Region, "--version"));
        var (code, list) = await RunAsync(folder, server.Url, account.Region, "runners", "list");

        Assert.Equal(0, code);
        Assert.Matches($"^ID .*REASON\r?\n{Regex.Escape(runner.Id)}  PENDING", list);
    }

    [Fact]
    public async Task The_tool_brings_all_that_it_needs_and_no_web_server_and_no_test_framework()
    {
        await repository.EnsurePackedAsync();
        using var package = new Package(repository, Id);

        var libraries = package.Files.Where(file => file.EndsWith(".dll", StringComparison.Ordinal)).Select(file => Path.GetFileName(file)).ToList();
        Assert.Contains("runnerfleet.dll", libraries);
        Assert.Contains("AWSSDK.SSO.dll", libraries); // loaded by name, for profiles with single sign-on
        Assert.Contains("AWSSDK.SSOOIDC.dll", libraries);
        Assert.Contains("AWSSDK.SecurityToken.dll", libraries); // and for those that assume a role
        Assert.DoesNotContain(libraries, library => library.Contains("AspNetCore", StringComparison.Ordinal) || library.Contains("xunit", StringComparison.OrdinalIgnoreCase) || library.Contains("Testing", StringComparison.Ordinal));
        Assert.Empty(package.Dependencies);
    }

    private async Task<string> InstallAsync()
    {
        await repository.EnsurePackedAsync();
        var folder = repository.NewFolder("tool");
        await File.WriteAllTextAsync(Path.Combine(folder, "nuget.config"), $"""<configuration><packageSources><clear /><add key="packed" value="{SecurityElement.Escape(repository.Feed)}" /></packageSources></configuration>""");
        (await Dotnet.RunAsync(folder, "tool", "install", Id, "--version", repository.Version, "--tool-path", "bin", "--configfile", "nuget.config")).MustSucceed();
        return folder;
    }

    private static async Task RecordAsync(Uri url, string region, Runners.Runner runner)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddLogging().AddSingleton(new AWSOptions
        {
            Credentials = AwsStandIn.Credentials,
            Region = RegionEndpoint.GetBySystemName(region),
            DefaultClientConfig = { ServiceURL = url.AbsoluteUri, AuthenticationRegion = region },
        });
        builder.Services.AddRunnerFleet(o => o.PublicUrl = new Uri("https://fleet.example")).UseDynamoDb(o => (o.RunnerTable, o.CreateTables) = (Table, true)).UseLauncher<FakeComputeLauncher>();
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        Assert.IsType<CommitOutcome.Committed>(await host.Services.GetRequiredService<IRunnerStore>().CommitAsync(new() { Runners = [runner] }, TestContext.Current.CancellationToken));
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<(int Code, string Output)> RunAsync(string folder, Uri url, string region, params string[] arguments)
    {
        var keys = AwsStandIn.Credentials.GetCredentials();
        var start = new ProcessStartInfo(Path.Combine(folder, "bin", OperatingSystem.IsWindows() ? "runnerfleet.exe" : "runnerfleet"), arguments) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true };
        (start.Environment["AWS_ENDPOINT_URL"], start.Environment["AWS_REGION"]) = (url.AbsoluteUri, region);
        (start.Environment["AWS_ACCESS_KEY_ID"], start.Environment["AWS_SECRET_ACCESS_KEY"]) = (keys.AccessKey, keys.SecretKey);
        start.Environment["RUNNER_TABLE"] = Table;
        if (Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host)
        {
            start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(new FileInfo(host).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? host);
        }

        using var tool = Process.Start(start)!;
        tool.StandardInput.Close();
        var output = await tool.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await tool.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (tool.ExitCode, output.Trim());
    }
}
