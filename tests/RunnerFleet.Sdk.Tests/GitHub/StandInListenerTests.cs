using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Tests.GitHub;

/// <summary>The program in the stand-in's runner archive, started as a runner image starts it, over real HTTP.</summary>
public sealed class StandInListenerTests : IAsyncLifetime
{
    private const string Repository = "octo-org/octo-repo";
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private readonly string _folder = Directory.CreateTempSubdirectory("runnerfleet-listener-").FullName;
    private readonly GitHubStandIn _gitHub = new(TimeProvider.System);
    private readonly StringBuilder _output = new();
    private GitHubStandInServer _server = null!;
    private HttpClient _http = null!;
    private Process? _process;

    public async ValueTask InitializeAsync()
    {
        _server = await GitHubStandInServer.StartAsync(_gitHub);
        _http = new() { BaseAddress = _server.Url };
        _http.DefaultRequestHeaders.Authorization = new("Bearer", "any");
        _gitHub.AddRepository(Repository);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        _http.Dispose();
        await _server.DisposeAsync();
        _gitHub.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task It_connects_runs_its_job_between_its_hooks_and_leaves()
    {
        NeedPrograms();
        var hooks = Path.Combine(_folder, "hooks.txt");
        await StartAsync(await RegisterAsync(), Hook("started", $"env >> '{hooks}'; echo started >> '{hooks}'"), Hook("completed", $"echo completed >> '{hooks}'"));
        await SaysAsync("Listening for Jobs");
        Assert.True(Assert.Single(_gitHub.Runners).IsOnline);
        _gitHub.QueueJob(Repository, ["self-hosted"], new() { Name = "lint; $(touch x)", Duration = TimeSpan.FromMilliseconds(700) });

        Assert.Equal(StandInRunner.Done, await ExitAsync());

        Assert.Contains("√ Connected to GitHub", Output, StringComparison.Ordinal);
        Assert.Contains("Running job: lint; $(touch x)", Output, StringComparison.Ordinal);
        Assert.Contains("Job lint; $(touch x) completed with result: Succeeded", Output, StringComparison.Ordinal);
        Assert.Equal(("completed", "success", "rf-a"), (_gitHub.Jobs[0].Status, _gitHub.Jobs[0].Conclusion, _gitHub.Jobs[0].RunnerName));
        Assert.Empty(_gitHub.Runners);
        var lines = await File.ReadAllLinesAsync(hooks);
        Assert.Equal(["started", "completed"], lines.Where(line => line is "started" or "completed"));
        Assert.Contains("RUNNER_NAME=rf-a", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("ACTIONS_RUNNER_INPUT_JITCONFIG", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("started")]
    [InlineData("completed")]
    public async Task A_hook_that_fails_fails_the_job(string failing)
    {
        NeedPrograms();
        _gitHub.QueueJob(Repository, ["self-hosted"], new() { Duration = TimeSpan.Zero });
        await StartAsync(await RegisterAsync(), Hook("started", failing == "started" ? "false; true" : "true"), Hook("completed", failing == "completed" ? "exit 3" : "true"));

        Assert.Equal(StandInRunner.Done, await ExitAsync());
        Assert.Equal("failure", _gitHub.Jobs[0].Conclusion);
    }

    [Fact]
    public async Task A_job_that_waits_already_is_taken_and_may_fail()
    {
        NeedPrograms();
        _gitHub.QueueJob(Repository, ["self-hosted"], new() { Duration = TimeSpan.Zero, Conclusion = "failure" });
        await StartAsync(await RegisterAsync());

        Assert.Equal(StandInRunner.Done, await ExitAsync());
        Assert.Contains("result: Failed", Output, StringComparison.Ordinal);
        Assert.Equal("failure", _gitHub.Jobs[0].Conclusion);
    }

    [Fact]
    public async Task A_job_cancelled_at_GitHub_stops()
    {
        NeedPrograms();
        var job = _gitHub.QueueJob(Repository, ["self-hosted"], new() { Duration = Long });
        await StartAsync(await RegisterAsync());
        await SaysAsync("Running job");
        _gitHub.CancelJob(job.Id);

        Assert.Equal(StandInRunner.Done, await ExitAsync());
        Assert.Equal("cancelled", _gitHub.Jobs[0].Conclusion);
        Assert.Contains("result: Canceled", Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_runner_whose_registration_is_deleted_ends_with_1()
    {
        NeedPrograms();
        await StartAsync(await RegisterAsync());
        await SaysAsync("Listening for Jobs");
        (await _http.DeleteAsync($"repos/{Repository}/actions/runners/{_gitHub.Runners[0].Id}")).EnsureSuccessStatusCode();

        Assert.Equal(StandInRunner.Terminated, await ExitAsync());
    }

    [Theory]
    [InlineData("not base64!")]
    [InlineData("e30=")]
    [InlineData("")]
    public async Task No_configuration_at_all_ends_with_1(string config)
    {
        NeedPrograms();
        await StartAsync(config);

        Assert.Equal(StandInRunner.Terminated, await ExitAsync());
        Assert.Contains("cannot be read", Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_idle_runner_that_is_stopped_leaves_its_registration_behind()
    {
        NeedPrograms();
        await StartAsync(await RegisterAsync());
        await SaysAsync("Listening for Jobs");
        await TerminateAsync();

        Assert.Equal(StandInRunner.Stopped, await ExitAsync());
        Assert.False(Assert.Single(_gitHub.Runners).IsOnline);
    }

    [Fact]
    public async Task A_runner_that_is_stopped_in_a_job_fails_the_job()
    {
        NeedPrograms();
        _gitHub.QueueJob(Repository, ["self-hosted"], new() { Duration = Long });
        await StartAsync(await RegisterAsync());
        await SaysAsync("Running job");
        await TerminateAsync();

        Assert.Equal(StandInRunner.Stopped, await ExitAsync());
        Assert.Equal(("completed", "failure"), (_gitHub.Jobs[0].Status, _gitHub.Jobs[0].Conclusion));
        Assert.Empty(_gitHub.Runners);
    }

    [Fact]
    public async Task Its_credential_is_on_no_command_line()
    {
        NeedPrograms();
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Command lines are read from /proc: Linux only.");
        var config = await RegisterAsync();
        await StartAsync(config);
        await SaysAsync("Listening for Jobs");
        string[] lines = [];
        await GitHubStandInTests.UntilAsync(() => (lines = [.. CommandLines().Where(line => line.Contains("curl", StringComparison.Ordinal) && line.Contains(_folder, StringComparison.Ordinal))]).Length > 0);

        var credential = CredentialOf(config);
        Assert.All(lines, line => Assert.DoesNotContain(credential, line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ShellCheck_finds_nothing_in_it()
    {
        NeedPrograms("shellcheck");
        await ExtractAsync();

        using var check = Process.Start(new ProcessStartInfo("shellcheck", ["--shell=sh", Path.Combine(_folder, "bin", "Runner.Listener")]) { RedirectStandardOutput = true })!;
        var findings = await check.StandardOutput.ReadToEndAsync();
        await check.WaitForExitAsync();

        Assert.Equal("", findings);
        Assert.Equal(0, check.ExitCode);
    }

    [Fact]
    public void The_archive_is_the_same_each_time_and_has_the_sum_that_it_says()
    {
        using var first = new MemoryStream();
        using var second = new MemoryStream();
        StandInRunnerArchive.WriteTo(first);
        StandInRunnerArchive.WriteTo(second);

        Assert.Equal(first.ToArray(), second.ToArray());
        Assert.Equal(StandInRunnerArchive.Sha256, Convert.ToHexStringLower(SHA256.HashData(first.ToArray())));
        Assert.Equal($"actions-runner-linux-arm64-{StandInRunnerArchive.Version}.tar.gz", StandInRunnerArchive.FileName("arm64"));
    }

    private string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    private static void NeedPrograms() => NeedPrograms("sh", "curl", "jq");

    private static void NeedPrograms(params string[] programs)
    {
        var missing = string.Join(", ", programs.Where(program => !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)))));
        if (missing.Length > 0 && Environment.GetEnvironmentVariable("RUNNERFLEET_TEST_REQUIRE") is { } required && required.Split(',').Contains("docker"))
        {
            Assert.Fail($"{missing} missing: .ci/engine installs them.");
        }

        Assert.SkipUnless(missing.Length == 0, $"The listener is a shell script; this machine has no {missing}.");
    }

    private (string Name, string Path) Hook(string name, string script)
    {
        var path = Path.Combine(_folder, name + ".sh");
        File.WriteAllText(path, script + "\n");
        return ("ACTIONS_RUNNER_HOOK_JOB_" + name.ToUpperInvariant(), path);
    }

    private async Task ExtractAsync()
    {
        using var archive = new MemoryStream();
        StandInRunnerArchive.WriteTo(archive);
        archive.Position = 0;
        await using var tar = new GZipStream(archive, CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(tar, _folder, overwriteFiles: false);
    }

    private async Task StartAsync(string config, params (string Name, string Path)[] hooks)
    {
        await ExtractAsync();
        var start = new ProcessStartInfo(Path.Combine(_folder, "bin", "Runner.Listener"), ["run"]) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["ACTIONS_RUNNER_INPUT_JITCONFIG"] = config;
        start.Environment["TMPDIR"] = _folder;
        foreach (var (name, path) in hooks)
        {
            start.Environment[name] = path;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Append(string? line)
    {
        if (line is not null)
        {
            lock (_output)
            {
                _output.AppendLine(line);
            }
        }
    }

    private async Task<int> ExitAsync()
    {
        await _process!.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
        Assert.Equal(["bin"], Directory.GetDirectories(_folder).Select(Path.GetFileName)); // its own folder for answers is gone
        return _process.ExitCode;
    }

    private async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private Task SaysAsync(string text) => GitHubStandInTests.UntilAsync(() => Output.Contains(text, StringComparison.Ordinal));

    private static IEnumerable<string> CommandLines()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            string line;
            try
            {
                line = File.ReadAllText(Path.Combine(folder, "cmdline"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue; // it ended meanwhile
            }

            yield return line;
        }
    }

    private static string CredentialOf(string config)
    {
        var files = System.Text.Json.Nodes.JsonNode.Parse(Convert.FromBase64String(config))!;
        return (string)System.Text.Json.Nodes.JsonNode.Parse(Convert.FromBase64String((string)files[".credentials"]!))!["Data"]!["clientSecret"]!;
    }

    private async Task<string> RegisterAsync()
    {
        using var content = new StringContent("""{"name":"rf-a","runner_group_id":1,"labels":["self-hosted"]}""", Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync($"repos/{Repository}/actions/runners/generate-jitconfig", content);
        return System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement.GetProperty("encoded_jit_config").GetString()!;
    }
}
