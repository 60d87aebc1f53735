using System.Diagnostics;
using System.Text.RegularExpressions;
using Amazon.Runtime;

[assembly: AssemblyFixture(typeof(RunnerFleet.Tests.Aws.AwsEndpoint))]

namespace RunnerFleet.Tests.Aws;

/// <summary>
/// An independent AWS to test against: the one at <c>RUNNERFLEET_TEST_AWS_ENDPOINT</c>, else a <c>moto_server</c> of PATH, which is started once and ended with the tests. Without either a test is skipped and
/// says so; where <c>RUNNERFLEET_TEST_REQUIRE</c> names aws, as in CI, it fails instead.
/// </summary>
public sealed partial class AwsEndpoint : IAsyncDisposable
{
    private const string Missing = "There is no AWS to test against: set RUNNERFLEET_TEST_AWS_ENDPOINT to the address of an emulator, or install moto_server (pip install 'moto[server]').";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly Lazy<Task<Uri?>> _url;
    private Process? _server;

    public AwsEndpoint() => _url = new(FindAsync);

    /// <summary>Signs for an emulator: it looks at no signature.</summary>
    public static AWSCredentials Credentials { get; } = new BasicAWSCredentials("test", "test");

    /// <summary>Skips the test where there is no such AWS, or fails it where one is required.</summary>
    public async Task<Uri> NeedAsync()
    {
        var url = await _url.Value;
        if (url is null && Environment.GetEnvironmentVariable("RUNNERFLEET_TEST_REQUIRE") is { } required && required.Split(',').Contains("aws"))
        {
            Assert.Fail(Missing);
        }

        Assert.SkipWhen(url is null, Missing);
        return url;
    }

    /// <summary>Settings of a client that speaks to it, in a region of its own: moto keeps each region's state apart.</summary>
    public async Task<T> ConnectAsync<T>(T config, string region)
        where T : ClientConfig
    {
        config.ServiceURL = (await NeedAsync()).AbsoluteUri;
        config.AuthenticationRegion = region;
        return config;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { HasExited: false })
        {
            _server.Kill(entireProcessTree: true);
            await _server.WaitForExitAsync();
        }

        _server?.Dispose();
    }

    private async Task<Uri?> FindAsync()
    {
        if (Environment.GetEnvironmentVariable("RUNNERFLEET_TEST_AWS_ENDPOINT") is { Length: > 0 } given)
        {
            return new Uri(given);
        }

        var program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "moto_server")).FirstOrDefault(File.Exists);
        return program is null ? null : await StartAsync(program);
    }

    private async Task<Uri> StartAsync(string program)
    {
        var listens = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        _server = new Process { StartInfo = new(program, ["-H", "127.0.0.1", "-p", "0"]) { RedirectStandardOutput = true, RedirectStandardError = true } };
        _server.OutputDataReceived += (_, line) => Look(line.Data);
        _server.ErrorDataReceived += (_, line) => Look(line.Data);
        _server.Start();
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
        return await listens.Task.WaitAsync(s_patience, TimeProvider.System);

        void Look(string? line)
        {
            if (Address().Match(line ?? "") is { Success: true } address)
            {
                listens.TrySetResult(new Uri(address.Value));
            }
        }
    }

    [GeneratedRegex("http://127\\.0\\.0\\.1:[0-9]+")]
    private static partial Regex Address();
}
