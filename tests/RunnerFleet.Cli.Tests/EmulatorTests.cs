using Amazon;
using Amazon.Extensions.NETCore.Setup;
using Amazon.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RunnerFleet.Tests.Aws;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;
using static RunnerFleet.Testing.Fakes.SampleRecords;

namespace RunnerFleet.Cli.Tests;

/// <summary>The tool against an AWS that others wrote.</summary>
public sealed class EmulatorTests(AwsEndpoint aws)
{
    private const string Region = "sa-east-1"; // of its own: an emulator keeps regions apart

    [Fact]
    public async Task Runners_are_listed_shown_and_ended()
    {
        var url = await aws.NeedAsync();
        var cancel = TestContext.Current.CancellationToken;
        using var tool = new ToolProcess();
        tool.Reach(url, "test", "test", Region);
        tool.Variables["RUNNER_TABLE"] = $"cli-{TimeProvider.System.GetTimestamp():x}";
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSingleton(new AWSOptions
        {
            Credentials = new BasicAWSCredentials("test", "test"),
            Region = RegionEndpoint.GetBySystemName(Region),
            DefaultClientConfig = { ServiceURL = url.AbsoluteUri, AuthenticationRegion = Region },
        }).AddLogging();
        builder.Services.AddRunnerFleet(o => o.PublicUrl = new Uri("https://fleet.example"))
            .UseDynamoDb(o => (o.RunnerTable, o.CreateTables) = (tool.Variables["RUNNER_TABLE"], true)).UseLauncher<FakeComputeLauncher>();
        using var host = builder.Build();
        await host.StartAsync(cancel);
        var runner = Runner(1) with { Job = JobKey(1), Deadline = At(7200) };
        Assert.IsType<CommitOutcome.Committed>(await host.Services.GetRequiredService<IRunnerStore>().CommitAsync(new() { Runners = [runner] }, cancel));

        var list = await tool.RunAsync("runners", "list", "--output", "json");
        Assert.Equal((ExitCode.Ok, ""), (list.Code, list.Error));
        Assert.Equal(runner.Id, (string?)list.Json["items"]![0]!["id"]);

        var details = await tool.RunAsync("runners", "details", runner.Id);
        Assert.Equal((ExitCode.Ok, ""), (details.Code, details.Error));
        Assert.Contains($"job             {JobKey(1)}", details.Output, StringComparison.Ordinal);

        var terminate = await tool.RunAsync("runners", "terminate", runner.Id);
        Assert.Equal((ExitCode.Ok, $"The end of the runner {runner.Id} is recorded. The fleet ends it with its next drain or sweep."), (terminate.Code, terminate.Error.TrimEnd()));
        var fleet = host.Services.GetRequiredService<IRunnerFleet>();
        Assert.Equal(ReasonCodes.Terminated, (await fleet.GetRunnerAsync(runner.Id, cancel))!.Closing!.Cause.Code);
        await fleet.DrainAsync(cancel);
        Assert.Equal(RunnerState.Offline, (await fleet.GetRunnerAsync(runner.Id, cancel))!.State);
        await host.StopAsync(cancel);
    }

    [Fact]
    public async Task A_profile_that_needs_a_code_asks_for_it_at_a_terminal()
    {
        Assert.SkipUnless(ToolProcess.CanMakeTerminals, "There is no script of util-linux to make a terminal.");
        var url = await aws.NeedAsync();
        using var tool = new ToolProcess();
        tool.Variables["AWS_ENDPOINT_URL"] = url.AbsoluteUri;
        tool.Write(".aws/config", $"""
            [profile ops]
            region = {Region}
            role_arn = arn:aws:iam::123456789012:role/ops
            mfa_serial = arn:aws:iam::123456789012:mfa/me
            source_profile = me
            [profile me]
            aws_access_key_id = test
            aws_secret_access_key = test

            """);

        var screen = await tool.RunAtTerminalAsync("123456\n", "runners", "list", "--profile", "ops", "--runner-table", "nowhere");

        Assert.Contains("MFA code of arn:aws:iam::123456789012:mfa/me: ", screen, StringComparison.Ordinal);
        Assert.Contains("There is no table 'nowhere'", screen, StringComparison.Ordinal); // its answer to somebody whom it knows
    }
}
