using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RunnerFleet.Aws.Tests.CodeBuild;

/// <summary>The script that CodeBuild runs, with stand-ins for the programs that it calls: each notes how it was called, a line for each word.</summary>
public sealed class BuildScriptTests : IDisposable
{
    private const string Base = "docker.io/library/ubuntu:22.04";
    private const string Registry = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

    private static readonly string s_module = Path.Combine(Repository.Root, "samples", "Terraform", "modules", "image-build-project");

    private readonly string _folder = Directory.CreateTempSubdirectory("runnerfleet-build-").FullName;

    public BuildScriptTests()
    {
        Need("bash");
        Directory.CreateDirectory(Path.Combine(_folder, "bin"));
        Directory.CreateDirectory(Path.Combine(_folder, "runner"));
        File.WriteAllText(Path.Combine(_folder, "runner", "Dockerfile"), "FROM scratch\n");
        AddProgram("docker", "if [ \"$1 $2\" = 'buildx build' ]; then printf '%b' \"${BUILD_SAYS:-}\"; exit \"${BUILD_ENDS:-0}\"; fi; if [ \"$1\" = info ]; then exit \"${INFO_ENDS:-0}\"; fi; if [ \"$1\" = login ]; then cat >> \"$CALLS/docker\"; echo >> \"$CALLS/docker\"; fi");
        AddProgram("aws", "[ -z \"${NO_LOGIN:-}\" ] || exit 255; printf 'password of %s' \"$4\"");
    }

    private static string Machine => RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "x64";

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_logs_in_builds_and_pushes()
    {
        var run = await RunAsync();

        Assert.Equal((0, ""), (run.ExitCode, run.Failure));
        Assert.Equal(["info"], run.Calls[0]);
        Assert.Equal(["ecr", "get-login-password", "--region", "eu-central-1"], run.Call("aws"));
        Assert.Equal(["login", "--username", "AWS", "--password-stdin", Registry, "password of eu-central-1"], run.Calls.Single(call => call[0] == "login"));
        var build = run.Build;
        Assert.Equal("runner", build[^1]);
        Assert.Equal(["BASE_IMAGE=" + Base], ValuesOf(build, "--build-arg"));
        Assert.Equal([$"type=image,name={Registry}/runners:ubuntu-22.04-x64-aaaa,push=true,oci-mediatypes=true"], ValuesOf(build, "--output"));
        Assert.Equal([Machine == "arm64" ? "linux/arm64" : "linux/amd64"], ValuesOf(build, "--platform"));
        Assert.StartsWith($"type=registry,ref={Registry}/runners:cache-", Assert.Single(ValuesOf(build, "--cache-from")), StringComparison.Ordinal);
        Assert.Contains("ignore-error=true", Assert.Single(ValuesOf(build, "--cache-to")), StringComparison.Ordinal);
        Assert.Contains("--pull", build);
        Assert.DoesNotContain("--no-cache", build);
    }

    [Fact]
    public async Task Nothing_that_it_is_told_is_read_by_a_shell()
    {
        var evil = $"$(touch {_folder}/evil) `touch {_folder}/evil`; touch {_folder}/evil \"quoted\" 'and' * ${{HOME}}";
        var run = await RunAsync(("RUNNERFLEET_BASE_IMAGE", evil), ("RUNNERFLEET_RUNNER_VERSION", evil), ("RUNNERFLEET_BUILD_ARG_A", evil), ("RUNNERFLEET_BUILD_ARG_B_2", "two words"));

        Assert.Equal(0, run.ExitCode);
        Assert.Equal([$"BASE_IMAGE={evil}", $"RUNNER_VERSION={evil}", $"A={evil}", "B_2=two words"], ValuesOf(run.Build, "--build-arg"));
        Assert.False(File.Exists(Path.Combine(_folder, "evil")));
    }

    [Fact]
    public async Task It_understands_the_names_of_the_original_project()
    {
        var run = await RunAsync(("RUNNERFLEET_BASE_IMAGE", null), ("RUNNERFLEET_REPOSITORY_URI", null), ("RUNNERFLEET_IMAGE_TAG", null), ("RUNNERFLEET_ARCHITECTURE", null), ("BASE_IMAGE", "debian"), ("REPO_URI", Registry + "/old"), ("TAG", "base-debian"));

        Assert.Equal(["BASE_IMAGE=debian"], ValuesOf(run.Build, "--build-arg"));
        Assert.Contains($"name={Registry}/old:base-debian,", Assert.Single(ValuesOf(run.Build, "--output")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refresh_is_built_from_the_base_up()
    {
        var run = await RunAsync(("RUNNERFLEET_NO_CACHE", "true"));

        Assert.Contains("--no-cache", run.Build);
        Assert.Empty(ValuesOf(run.Build, "--cache-from"));
        Assert.Single(ValuesOf(run.Build, "--cache-to"));
    }

    [Fact]
    public async Task Compression_and_cache_are_the_project_s_choice()
    {
        var run = await RunAsync(("RUNNERFLEET_COMPRESSION", "zstd"), ("RUNNERFLEET_CACHE", "none"), ("RUNNERFLEET_BUILDKIT_IMAGE", Registry + "/buildkit:1"));

        Assert.EndsWith("compression=zstd,force-compression=true", Assert.Single(ValuesOf(run.Build, "--output")), StringComparison.Ordinal);
        Assert.Empty(ValuesOf(run.Build, "--cache-to"));
        Assert.Equal([$"image={Registry}/buildkit:1"], ValuesOf(run.Calls.Single(call => call[0] == "buildx" && call[1] == "create"), "--driver-opt"));
    }

    [Fact]
    public async Task With_SOCI_the_image_is_indexed_before_it_is_pushed()
    {
        AddProgram("soci", "");
        AddProgram("crane", "");

        var run = await RunAsync(("RUNNERFLEET_SOCI", "true"));

        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("type=oci,dest=", Assert.Single(ValuesOf(run.Build, "--output")), StringComparison.Ordinal);
        Assert.Equal(["convert", "--standalone", "--format", "oci-dir"], run.Call("soci")[..4]);
        Assert.Equal(["push", "--index", run.Call("soci")[^1], $"{Registry}/runners:ubuntu-22.04-x64-aaaa"], run.Call("crane"));
    }

    [Fact]
    public async Task Other_registries_are_logged_in_to_where_that_takes_a_login()
    {
        var run = await RunAsync(("RUNNERFLEET_BASE_IMAGE", "999999999999.dkr-ecr.us-east-1.on.aws/base:1"), ("RUNNERFLEET_DOCKERHUB_USERNAME", "me"), ("RUNNERFLEET_DOCKERHUB_PASSWORD", "a secret"));

        Assert.Equal(["AWS", "AWS", "me"], run.Calls.Where(call => call[0] == "login").Select(call => call[2]));
        Assert.Equal("password of us-east-1", run.Calls.Where(call => call[0] == "login").ElementAt(1)[^1]);
        Assert.DoesNotContain("a secret", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_base_that_cannot_become_a_runner_ends_it_with_65_and_the_Dockerfile_s_sentence()
    {
        var run = await RunAsync(
            ("BUILD_ENDS", "1"),
            ("BUILD_SAYS", "#7 0.3 runnerfleet: The base image must be Debian or Ubuntu; this one is Alpine.\\n------\\nERROR: failed to solve: process \\\"/bin/sh install.sh packages\\\" did not complete successfully: exit code: 65\\n"));

        Assert.Equal((65, "runnerfleet: The base image must be Debian or Ubuntu; this one is Alpine."), (run.ExitCode, run.Failure));
    }

    [Fact]
    public async Task A_build_that_fails_ends_it_with_1_and_the_last_error()
    {
        var run = await RunAsync(("BUILD_ENDS", "1"), ("BUILD_SAYS", "#2 runnerfleet: Fetches x.\\nERROR: one\\nERROR: failed to solve: docker.io/library/ubuntu:22.04: 429 Too Many Requests\\n"));

        Assert.Equal((1, "ERROR: failed to solve: docker.io/library/ubuntu:22.04: 429 Too Many Requests"), (run.ExitCode, run.Failure));
    }

    [Fact]
    public async Task A_failure_without_words_has_some_all_the_same_and_an_old_one_is_forgotten()
    {
        Assert.Equal("docker buildx build failed.", (await RunAsync(("BUILD_ENDS", "1"))).Failure);
        Assert.Equal("", (await RunAsync()).Failure);
    }

    [Theory]
    [InlineData("RUNNERFLEET_BASE_IMAGE", null, "RUNNERFLEET_BASE_IMAGE is not set")]
    [InlineData("RUNNERFLEET_REPOSITORY_URI", null, "RUNNERFLEET_REPOSITORY_URI is not set")]
    [InlineData("RUNNERFLEET_IMAGE_TAG", "a b", "no tag")]
    [InlineData("RUNNERFLEET_IMAGE_TAG", "t,push=false", "no tag")]
    [InlineData("RUNNERFLEET_ARCHITECTURE", "other", "cannot be built on this machine")]
    [InlineData("RUNNERFLEET_CONTEXT", "nowhere", "no nowhere/Dockerfile")]
    [InlineData("RUNNERFLEET_COMPRESSION", "best", "gzip or zstd")]
    [InlineData("RUNNERFLEET_CACHE", "yes", "registry or none")]
    [InlineData("RUNNERFLEET_SOCI", "yes", "true or false")]
    public async Task What_makes_no_sense_ends_it_before_anything_is_done(string variable, string? value, string words)
    {
        var run = await RunAsync((variable, value));

        Assert.Equal(64, run.ExitCode);
        Assert.Contains(words, run.Failure, StringComparison.Ordinal);
        Assert.Empty(run.Calls);
    }

    [Fact]
    public async Task SOCI_without_its_programs_or_with_zstd_says_what_to_do()
    {
        Assert.Contains("RUNNERFLEET_SOCI_URL", (await RunAsync(("RUNNERFLEET_SOCI", "true"))).Failure, StringComparison.Ordinal);
        Assert.Contains("gzip", (await RunAsync(("RUNNERFLEET_SOCI", "true"), ("RUNNERFLEET_COMPRESSION", "zstd"))).Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_privileged_mode_or_a_login_it_says_what_is_missing()
    {
        Assert.Contains("privileged mode", (await RunAsync(("INFO_ENDS", "1"))).Failure, StringComparison.Ordinal);
        Assert.Contains("ecr:GetAuthorizationToken", (await RunAsync(("NO_LOGIN", "1"))).Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_script_is_clean_by_shellcheck()
    {
        Need("shellcheck");
        using var shellcheck = Process.Start(new ProcessStartInfo("shellcheck", [Path.Combine(s_module, "build-image.sh")]) { RedirectStandardOutput = true })!;

        Assert.Equal("", await shellcheck.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void The_buildspec_runs_the_script_and_lets_its_words_out()
    {
        var buildspec = File.ReadAllText(Path.Combine(s_module, "buildspec.yml"));

        Assert.Contains("build-image.sh", buildspec, StringComparison.Ordinal);
        Assert.Contains("    - RUNNERFLEET_FAILURE\n", buildspec, StringComparison.Ordinal);
        Assert.Contains("/tmp/runnerfleet-failure", buildspec, StringComparison.Ordinal);
        Assert.Contains("/tmp/runnerfleet-failure", File.ReadAllText(Path.Combine(s_module, "build-image.sh")), StringComparison.Ordinal);
    }

    private static void Need(string program)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "CodeBuild runs the script on Linux.");
        var isThere = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
        var trouble = $"Not installed on this machine: {program}.";
        Assert.True(isThere || Environment.GetEnvironmentVariable("RUNNERFLEET_TEST_REQUIRE") is null or "", trouble);
        Assert.SkipUnless(isThere, trouble);
    }

    private static IEnumerable<string> ValuesOf(IReadOnlyList<string> call, string option) => call.Index().Where(word => word.Item == option).Select(word => call[word.Index + 1]);

    /// <summary>Adds a program that notes its words, each on a line, below a line of its own; in a file of its own, for two may run at once.</summary>
    private void AddProgram(string name, string body)
    {
        var path = Path.Combine(_folder, "bin", name);
        File.WriteAllText(path, $"#!/bin/sh\n{{ echo '>>>'; for word in \"$@\"; do printf '%s\\n' \"$word\"; done; }} >> \"$CALLS/{name}\"\n{body}\n");
        if (!OperatingSystem.IsWindows()) // where all of this is skipped
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
    }

    private async Task<Run> RunAsync(params (string Name, string? Value)[] variables)
    {
        var calls = Path.Combine(_folder, "calls");
        var failure = Path.Combine(_folder, "failure");
        Directory.CreateDirectory(calls);
        foreach (var old in Directory.GetFiles(calls))
        {
            File.Delete(old);
        }

        var start = new ProcessStartInfo("bash", [Path.Combine(s_module, "build-image.sh")]) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{Path.Combine(_folder, "bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["CALLS"] = calls;
        start.Environment["RUNNERFLEET_FAILURE_FILE"] = failure;
        (string Name, string? Value)[] usual = [("RUNNERFLEET_BASE_IMAGE", Base), ("RUNNERFLEET_REPOSITORY_URI", Registry + "/runners"), ("RUNNERFLEET_IMAGE_TAG", "ubuntu-22.04-x64-aaaa"), ("RUNNERFLEET_ARCHITECTURE", Machine)];
        foreach (var (name, value) in usual.Concat(variables))
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var noted = new List<(string Program, List<string> Words)>();
        foreach (var file in Directory.GetFiles(calls))
        {
            foreach (var line in await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken))
            {
                if (line == ">>>")
                {
                    noted.Add((Path.GetFileName(file), []));
                }
                else
                {
                    noted[^1].Words.Add(line);
                }
            }
        }

        return new Run(process.ExitCode, await output + errors, File.Exists(failure) ? File.ReadAllText(failure).Trim() : "", noted);
    }

    private sealed record Run(int ExitCode, string Output, string Failure, IReadOnlyList<(string Program, List<string> Words)> Noted)
    {
        /// <summary>How docker was called, in order.</summary>
        public IReadOnlyList<List<string>> Calls => [.. Noted.Where(call => call.Program == "docker").Select(call => call.Words)];

        public List<string> Build => Calls.Single(call => call[0] == "buildx" && call[1] == "build");

        public List<string> Call(string program) => Noted.Single(call => call.Program == program).Words;
    }
}
