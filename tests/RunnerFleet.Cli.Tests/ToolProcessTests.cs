using System.Diagnostics;
using System.Globalization;
using RunnerFleet.Testing.Aws;
using static RunnerFleet.Testing.Fakes.SampleRecords;

namespace RunnerFleet.Cli.Tests;

/// <summary>The tool as people start it, with AWS's own variables and files.</summary>
public sealed class ToolProcessTests : IDisposable
{
    private const string Sso = """
        [profile ops]
        sso_session = corp
        sso_account_id = 123456789012
        sso_role_name = ops
        region = eu-central-1
        [sso-session corp]
        sso_start_url = https://corp.example/start
        sso_region = eu-central-1
        sso_registration_scopes = sso:account:access

        """;

    private readonly ToolProcess _tool = new();

    [Fact]
    public async Task It_lists_in_plain_text_when_piped()
    {
        await using var world = await CliWorld.CreateAsync();
        await world.AddAsync(Runner(1) with { Deadline = At(7200) });
        Reach(world);

        var run = await _tool.RunAsync("runners", "list");

        Assert.Equal((ExitCode.Ok, ""), (run.Code, run.Error));
        Assert.Matches($"^ID +STATE +CLASS +REPOSITORY +JOB +SINCE +REASON\n{RunnerId(1)}  PENDING +-      octo-org/repo-1  -    [0-9hdms]+ +-\n$", run.Output.ReplaceLineEndings("\n"));
        Assert.Equal(RunnerId(1), (string?)(await _tool.RunAsync("runners", "list", "--output", "json")).Json["items"]![0]!["id"]);
    }

    [Fact]
    public async Task It_ends_a_runner()
    {
        await using var world = await CliWorld.CreateAsync();
        var runner = await world.RunnerOfAsync(await world.QueueAsync());
        Reach(world);

        var run = await _tool.RunAsync("runners", "terminate", runner.Id, "--force", "--yes", "--cluster", "ci");

        Assert.Equal((ExitCode.Ok, $"The end of the runner {runner.Id} is recorded, by force. Its task is told to stop. The fleet ends it with its next drain or sweep."), (run.Code, run.Error.TrimEnd()));
        Assert.True((await world.RunnerAsync(runner.Id)).Closing!.Force);
        Assert.Equal("STOPPED", Assert.Single(world.Account.Ecs.Tasks).DesiredStatus);
    }

    [Fact]
    public async Task It_tells_its_version_and_its_commands_with_examples()
    {
        Assert.Matches("^[0-9]+\\.[0-9]+\\.[0-9]+[-.0-9a-z]*\n$", (await _tool.RunAsync("--version")).Output.ReplaceLineEndings("\n"));

        var help = await _tool.RunAsync();
        Assert.Equal(ExitCode.Ok, help.Code);
        Assert.Contains("  runnerfleet [command] [options]", help.Output, StringComparison.Ordinal);
        Assert.Contains("  runnerfleet jobs details 40000000001", help.Output, StringComparison.Ordinal);

        var list = await _tool.RunAsync("runners", "list", "--help");
        Assert.Contains("  runnerfleet runners list [options]", list.Output, StringComparison.Ordinal);
        Assert.Contains("  runnerfleet runners list --state PENDING --state STARTING", list.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("jobs details", list.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_region_without_credentials_or_with_a_profile_that_is_not_there_it_says_so()
    {
        await ExpectAsync(ExitCode.Usage, "Which region? Set AWS_REGION, give --region, or give the profile one (aws configure set region).");
        await ExpectAsync(ExitCode.Usage, "'Frankfurt' is no AWS region, such as eu-central-1.", "--region", "Frankfurt");
        await ExpectAsync(ExitCode.Aws, "There are no AWS credentials. Name a profile (--profile, AWS_PROFILE), or sign in (aws sso login).", "-r", "eu-central-1");
        await ExpectAsync(ExitCode.Usage, "There is no AWS profile 'nobody'. See: aws configure list-profiles", "-p", "nobody");
        _tool.Variables["AWS_PROFILE"] = "nobody";
        await ExpectAsync(ExitCode.Usage, "There is no AWS profile 'nobody'. See: aws configure list-profiles");
    }

    [Fact]
    public async Task An_expired_session_of_single_sign_on_asks_to_sign_in_again()
    {
        const string SignIn = "There is no valid session of AWS single sign-on. Sign in again: aws sso login --profile ops, or renew the credentials.";
        _tool.Write(".aws/config", Sso);
        await ExpectAsync(ExitCode.Aws, SignIn, "--profile", "ops"); // never signed in

        // The AWS CLI names the file by the SHA-1 of the session's name.
        _tool.Write(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json", """{"startUrl":"https://corp.example/start","region":"eu-central-1","accessToken":"TOKEN","expiresAt":"2020-01-01T00:00:00Z"}""");
        await ExpectAsync(ExitCode.Aws, SignIn, "--profile", "ops");
    }

    [Fact]
    public async Task A_profile_gives_region_and_credentials_before_those_of_the_environment()
    {
        await using var world = await CliWorld.CreateAsync();
        var keys = AwsStandIn.Credentials.GetCredentials();
        _tool.Write(".aws/config", $"[profile ops]\nregion = {CliWorld.Region}\naws_access_key_id = {keys.AccessKey}\naws_secret_access_key = {keys.SecretKey}\n");
        _tool.Variables["AWS_ENDPOINT_URL"] = world.Url.AbsoluteUri;
        Assert.Equal(ExitCode.Ok, (await _tool.RunAsync("runners", "list", "-p", "ops")).Code);

        (_tool.Variables["AWS_ACCESS_KEY_ID"], _tool.Variables["AWS_SECRET_ACCESS_KEY"]) = ("AKIAOTHER", "other");
        Assert.Equal(ExitCode.Ok, (await _tool.RunAsync("runners", "list", "-p", "ops")).Code);

        _tool.Variables["AWS_PROFILE"] = "ops"; // keys in the environment go before it, as everywhere
        Assert.Equal(ExitCode.Aws, (await _tool.RunAsync("runners", "list")).Code);
        _tool.Variables.Remove("AWS_ACCESS_KEY_ID");
        Assert.Equal(ExitCode.Ok, (await _tool.RunAsync("runners", "list")).Code);
    }

    [Fact]
    public async Task A_profile_that_needs_a_code_says_that_nobody_is_there_to_give_it()
    {
        _tool.Write(".aws/config", """
            [profile ops]
            region = eu-central-1
            role_arn = arn:aws:iam::123456789012:role/ops
            mfa_serial = arn:aws:iam::123456789012:mfa/me
            source_profile = me
            [profile me]
            aws_access_key_id = AKIAME
            aws_secret_access_key = mine

            """);

        await ExpectAsync(ExitCode.Aws, "The profile needs an MFA code, and there is nobody to ask here. Run the tool at a terminal, or give it a session that has one.", "-p", "ops");
    }

    [Fact]
    public async Task Ctrl_C_ends_it_with_130()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows sends no signal to one process.");
        using var server = new SilentServer();
        _tool.Reach(new Uri(server.Url), "AKIA", "secret", CliWorld.Region);
        var tool = _tool.Start(ToolProcess.Dotnet, [ToolProcess.Tool, "status"]);
        await server.Called.WaitAsync(TestContext.Current.CancellationToken);

        using var kill = Process.Start("kill", ["-INT", tool.Id.ToString(CultureInfo.InvariantCulture)]);
        var run = await ToolProcess.EndAsync(tool);

        Assert.Equal((ExitCode.Interrupted, "", "Interrupted."), (run.Code, run.Output, run.Error.TrimEnd()));
    }

    [Fact]
    public async Task At_a_terminal_it_is_colourful_unless_NO_COLOR_is_set()
    {
        Assert.SkipUnless(ToolProcess.CanMakeTerminals, "There is no script of util-linux to make a terminal.");
        await using var world = await CliWorld.CreateAsync();
        await world.AddAsync(Runner(1) with { Deadline = At(7200) });
        Reach(world);
        _tool.Variables["TERM"] = "xterm-256color";

        var coloured = await _tool.RunAtTerminalAsync("", "runners", "list");
        _tool.Variables["NO_COLOR"] = "1";
        var plain = await _tool.RunAtTerminalAsync("", "runners", "list");

        Assert.Contains("\u001b[", coloured, StringComparison.Ordinal);
        Assert.Contains("╭", coloured, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[3", plain, StringComparison.Ordinal);
        Assert.Matches($"{RunnerId(1)}  PENDING", plain);
    }

    public void Dispose() => _tool.Dispose();

    private void Reach(CliWorld world)
    {
        var keys = AwsStandIn.Credentials.GetCredentials();
        _tool.Reach(world.Url, keys.AccessKey, keys.SecretKey, CliWorld.Region);
    }

    private async Task ExpectAsync(ExitCode code, string line, params string[] options)
    {
        var run = await _tool.RunAsync(["status", .. options]);
        Assert.Equal((code, "", line), (run.Code, run.Output, run.Error.TrimEnd()));
    }
}
