using System.Text;
using LambdaHost;
using RunnerFleet.GitHub;
using RunnerFleet.LambdaHost.Tests.Http;
using RunnerFleet.LambdaHost.Tests.Runtime;

namespace RunnerFleet.LambdaHost.Tests;

/// <summary>The real program, as a process, under a runtime that speaks Lambda's HTTP.</summary>
public sealed class ProcessTests
{
    private static IEnumerable<KeyValuePair<string, string>> Settings => InProcess.Settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value!))
        .Append(new("AWS_REGION", "eu-central-1")).Append(new("AWS_ACCESS_KEY_ID", "test")).Append(new("AWS_SECRET_ACCESS_KEY", "test"));

    [Fact]
    public async Task A_signed_ping_is_answered_and_a_forged_one_refused()
    {
        await using var runtime = await FakeRuntime.StartAsync();
        await using var function = FunctionProcess.Start(Settings, ("AWS_LAMBDA_RUNTIME_API", runtime.Address));
        var body = """{"zen":"Design for failure."}"""u8.ToArray();

        var good = await runtime.InvokeAsync(Ping(body, WebhookSignature.Sign(body, "a webhook secret")));
        var bad = await runtime.InvokeAsync(Ping(body, WebhookSignature.Sign(body, "another secret")));

        Assert.Equal(200, (int)good.IsResult().Json["statusCode"]!);
        Assert.Contains("pong", (string)good.Json["body"]!, StringComparison.Ordinal);
        Assert.Equal(401, (int)bad.IsResult().Json["statusCode"]!);
        Assert.DoesNotContain("a webhook secret", function.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_configuration_is_told_to_Lambda_and_ends_the_process()
    {
        await using var runtime = await FakeRuntime.StartAsync();
        await using var function = FunctionProcess.Start(Settings, ("AWS_LAMBDA_RUNTIME_API", runtime.Address), ("RunnerFleet:Role", "janitor"));

        (await runtime.InitErrorAsync).IsError("Runtime.BadConfiguration", "It must be all, ingress, worker or sweeper.");

        Assert.Equal(Function.BadConfiguration, await function.EndAsync());
    }

    [Fact]
    public async Task Outside_Lambda_the_program_says_what_it_is_for()
    {
        await using var function = FunctionProcess.Start(Settings);

        Assert.Equal(Function.BadConfiguration, await function.EndAsync());
        Assert.Contains("samples/AspNetHost", function.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_runtime_that_goes_away_ends_the_process()
    {
        var runtime = await FakeRuntime.StartAsync();
        await using var function = FunctionProcess.Start(Settings, ("AWS_LAMBDA_RUNTIME_API", runtime.Address));
        await runtime.AskedAsync;

        await runtime.DisposeAsync();

        Assert.Equal(Function.RuntimeFailed, await function.EndAsync());
    }

    private static System.Text.Json.Nodes.JsonObject Ping(byte[] body, string signature) => Requests.Of("function URL", "POST", "/webhook", body, asBase64: true,
        ("Content-Type", "application/json"), ("X-GitHub-Event", "ping"), ("X-Hub-Signature-256", signature));
}
