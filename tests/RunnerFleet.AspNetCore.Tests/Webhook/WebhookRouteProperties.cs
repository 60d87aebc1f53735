using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using RunnerFleet.AspNetCore.Tests.Hosting;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Sdk.Tests.GitHub;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.AspNetCore.Tests.Webhook;

/// <summary>The whole way, from bytes on a connection to the real fleet: whatever is sent, signed or not, is answered, and never with a fault of ours.</summary>
public sealed class WebhookRouteProperties : IAsyncLifetime
{
    private const string Secret = "a webhook secret of the tests";
    private FleetHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await FleetHost.StartAsync(FleetHost.WithKey, configure: builder =>
    {
        builder.Services.RemoveAll<IRunnerFleet>();
        builder.Services.AddSingleton<IComputeLauncher, FakeComputeLauncher>();
        builder.Services.AddRunnerFleet(o =>
        {
            o.Name = "test";
            o.PublicUrl = new Uri("https://fleet.example");
            o.GitHub.WebhookSecret = Secret;
            o.Classes["small"] = new RunnerClassOptions { Cpu = 512, Memory = 1024 };
        });
    });

    public async ValueTask DisposeAsync()
    {
        _host.LogsAreCalm(Secret);
        await _host.DisposeAsync();
    }

    [Property(MaxTest = 150)]
    public Property Any_bytes_are_answered() => Prop.ForAll(HostileWebhooks.Bytes, IsAnswered);

    [Property(MaxTest = 150)]
    public Property Any_json_is_answered() => Prop.ForAll(HostileWebhooks.Json, IsAnswered);

    [Property(MaxTest = 600)]
    public Property A_payload_spoiled_anywhere_is_answered() => Prop.ForAll(HostileWebhooks.Payloads, IsAnswered);

    private bool IsAnswered(byte[] body) =>
        Status(body, WebhookSignature.Sign(body, Secret)) is 200 or 202 or 400
        && Status(body, WebhookSignature.Sign([.. body, 0], Secret)) == 401;

    private int Status(byte[] body, string signature)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        return _host.SendAsync(HttpMethod.Post, "/webhook", content, ("X-GitHub-Event", "workflow_job"), ("X-Hub-Signature-256", signature)).GetAwaiter().GetResult().Status;
    }
}
