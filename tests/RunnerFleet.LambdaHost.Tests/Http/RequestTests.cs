using System.Text;
using System.Text.Json.Nodes;
using RunnerFleet.GitHub;
using RunnerFleet.LambdaHost.Tests.Runtime;
using RunnerFleet.Provisioning;

namespace RunnerFleet.LambdaHost.Tests.Http;

public sealed class RequestTests : IAsyncLifetime
{
    private InProcess _function = null!;

    public async ValueTask InitializeAsync() => _function = await InProcess.StartAsync(("RunnerFleet:PublicUrl", "https://fleet.example/ci"));

    public ValueTask DisposeAsync() => _function.DisposeAsync();

    public static TheoryData<string> Shapes => Requests.Shapes;

    [Theory, MemberData(nameof(Shapes))]
    public async Task A_body_in_base64_reaches_the_fleet_to_the_byte_with_its_headers(string shape)
    {
        byte[] body = [0x7b, 0xff, 0xfe, 0x00, 0x0d, 0x0a, 0x7d]; // not UTF-8

        await _function.InvokeAsync(Requests.Of(shape, "POST", "/webhook", body, asBase64: true,
            ("Content-Type", "application/json"), ("X-GitHub-Event", "workflow_job"), ("X-GitHub-Delivery", "d-1"), ("X-Hub-Signature-256", "sha256=ab"), ("X-GitHub-Enterprise-Host", "ghe.example")));

        var delivery = Assert.Single(_function.Fleet.Asked<WebhookDelivery>());
        Assert.Equal(body, delivery.Body.ToArray());
        Assert.Equal(("application/json", "workflow_job", "d-1", "sha256=ab", "ghe.example"), (delivery.ContentType, delivery.Event, delivery.DeliveryId, delivery.Signature, delivery.EnterpriseHost));
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task A_text_keeps_its_bytes(string shape)
    {
        const string Text = "{\"name\":\"bäume 🌳 \\u0041\"}\r\n";

        await _function.InvokeAsync(Requests.Of(shape, "POST", "/webhook", Encoding.UTF8.GetBytes(Text), asBase64: false));

        Assert.Equal(Text, Encoding.UTF8.GetString(Assert.Single(_function.Fleet.Asked<WebhookDelivery>()).Body.Span));
    }

    [Fact]
    public async Task What_says_that_it_is_base64_and_is_not_is_answered_400()
    {
        var request = Requests.Of("HTTP API", "POST", "/webhook", [], asBase64: true);
        request["body"] = "no base64!";

        Assert.Equal(400, (int)(await _function.InvokeAsync(request)).IsResult().Json["statusCode"]!);
        Assert.Empty(_function.Fleet.Asked<WebhookDelivery>());
    }

    [Fact]
    public async Task A_header_that_REST_gives_once_only_is_read_too()
    {
        var request = Requests.Of("REST API", "POST", "/webhook", [], asBase64: false, ("X-GitHub-Event", "ping"));
        request["multiValueHeaders"] = null;

        await _function.InvokeAsync(request);

        Assert.Equal("ping", Assert.Single(_function.Fleet.Asked<WebhookDelivery>()).Event);
    }

    [Fact]
    public async Task Of_a_header_with_several_values_all_are_read()
    {
        await _function.InvokeAsync(Requests.Of("REST API", "POST", "/webhook", [], asBase64: false, ("X-GitHub-Event", "a"), ("X-GitHub-Event", "b")));

        Assert.Equal("a,b", Assert.Single(_function.Fleet.Asked<WebhookDelivery>()).Event);
    }

    [Theory]
    [InlineData("prod", "/prod/webhook")]
    [InlineData("prod", "/prod/ci/webhook")]
    [InlineData("$default", "/ci/webhook")]
    public async Task Neither_the_stage_nor_the_path_of_the_public_address_is_part_of_a_route(string stage, string path)
    {
        var request = Requests.Of("HTTP API", "POST", path, [], asBase64: false);
        request["requestContext"]!["stage"] = stage;

        Assert.Equal(200, (int)(await _function.InvokeAsync(request)).IsResult().Json["statusCode"]!);
        Assert.Single(_function.Fleet.Asked<WebhookDelivery>());
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/events")]
    [InlineData("/2015-03-31/functions/function/invocations")]
    public async Task A_caller_of_an_address_cannot_pass_for_a_schedule(string path)
    {
        var swept = false;
        _function.Fleet.OnSweep = _ =>
        {
            swept = true;
            return Task.FromResult(new RunnerFleet.Sweeping.SweepSummary());
        };

        foreach (var shape in Shapes)
        {
            var told = await _function.InvokeAsync(Requests.Of(shape, "POST", path, """{"runnerfleet":"sweep"}"""u8.ToArray(), asBase64: false));
            Assert.Equal(404, (int)told.IsResult().Json["statusCode"]!);
        }

        Assert.False(swept);
        Assert.Empty(_function.Fleet.Asked<FleetEvent>());
    }

    [Fact]
    public async Task Nothing_of_a_body_is_logged()
    {
        _function.Fleet.OnReceive = (_, _) => throw new InvalidOperationException("the inside");

        await _function.InvokeAsync(Requests.Of("HTTP API", "POST", "/webhook", "a-secret-of-the-body"u8.ToArray(), asBase64: false, ("Authorization", "Bearer a-secret-of-a-header")));

        Assert.Contains("the inside", _function.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("a-secret-of", _function.Output, StringComparison.Ordinal);
        Assert.All(_function.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.IsType<JsonObject>(JsonNode.Parse(line)));
    }
}
