using System.Text;
using Microsoft.Extensions.Logging;
using RunnerFleet.AspNetCore.Tests.Hosting;
using RunnerFleet.Compute;
using RunnerFleet.LambdaHost.Tests.Runtime;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.LambdaHost.Tests.Http;

/// <summary>One table of requests, sent to the ASP.NET routes and to the function: whoever asks cannot tell them apart.</summary>
public sealed class SameAnswersTests : IAsyncLifetime
{
    private const string Claim = $$"""{"runnerId":"{{SampleData.RunnerId}}","attempt":2}""";
    private const string Report = $$"""{"runnerId":"{{SampleData.RunnerId}}","status":"started"}""";
    private static readonly (string, string)[] Bearer = [("Authorization", "Bearer a-secret-of-a-runner")];
    private static readonly Row[] Table =
    [
        new("a recorded webhook", "POST", "/webhook", "{}", [], f => f.OnReceive = (_, _) => Webhook(new WebhookOutcome.Recorded { Outcome = "queued", Job = SampleData.Job, RunnerId = SampleData.RunnerId })),
        new("a refused job", "POST", "/webhook", "{}", [], f => f.OnReceive = (_, _) => Webhook(new WebhookOutcome.Recorded { Outcome = "refused", Job = SampleData.Job, Diagnostic = Reason.Of("UNKNOWN_CLASS", "There is no class hügé.") })),
        new("an ignored webhook", "POST", "/webhook", "{}", [], _ => { }),
        new("an unsigned webhook", "POST", "/webhook", "{}", [], f => f.OnReceive = (_, _) => Webhook(new WebhookOutcome.Unauthorized("Sign it."))),
        new("a malformed webhook", "POST", "/webhook", "{", [], f => f.OnReceive = (_, _) => Webhook(new WebhookOutcome.Malformed("Write JSON."))),
        new("a form", "POST", "/webhook", "a=b", [], f => f.OnReceive = (_, _) => Webhook(new WebhookOutcome.UnsupportedContentType("Send JSON."))),
        new("a webhook too large for the fleet", "POST", "/webhook", "{}", [], f => f.OnReceive = (_, _) => Webhook(new WebhookOutcome.TooLarge("It is too large."))),
        new("a webhook that cannot be stored", "POST", "/webhook", "{}", [], f => f.OnReceive = (_, _) => Webhook(new WebhookOutcome.Unavailable("Redeliver it."))),
        new("a webhook whose store throws", "POST", "/webhook", "{}", [], f => f.OnReceive = (_, _) => throw new StoreUnavailableException("the inside")),
        new("a webhook whose classes cannot be read", "POST", "/webhook", "{}", [], f => f.OnReceive = (_, _) => throw new ClassesUnavailableException("the inside")),
        new("a webhook that meets a bug", "POST", "/webhook", "{}", [], f => f.OnReceive = (_, _) => throw new InvalidOperationException("the inside")),
        new("a webhook without a body", "POST", "/webhook", null, [], _ => { }),
        new("a webhook with a slash behind", "POST", "/webhook/", "{}", [], _ => { }),
        new("a webhook in capitals", "POST", "/WebHook", "{}", [], _ => { }),
        new("the webhook, read", "GET", "/webhook", null, [], _ => { }),
        new("the webhook, deleted", "DELETE", "/webhook", null, [], _ => { }),
        new("a claim", "POST", "/runner/claim", Claim, Bearer, f => f.OnClaim = (_, _) => Task.FromResult<ClaimOutcome>(new ClaimOutcome.Registered { RunnerName = "rf-test-1", EncodedJitConfig = "jit+/=", ReportToken = "token" })),
        new("a claim with a wrong secret", "POST", "/runner/claim", Claim, Bearer, _ => { }),
        new("a claim without a secret", "POST", "/runner/claim", Claim, [], _ => { }),
        new("a claim with two secrets", "POST", "/runner/claim", Claim, [("Authorization", "Bearer one"), ("Authorization", "Bearer two")], _ => { }),
        new("a claim of a runner that ended", "POST", "/runner/claim", Claim, Bearer, f => f.OnClaim = (_, _) => Task.FromResult<ClaimOutcome>(new ClaimOutcome.Gone(Reason.Of("CLAIMED_OUT", "It claimed three times.")))),
        new("a claim while GitHub is busy", "POST", "/runner/claim", Claim, Bearer, f => f.OnClaim = (_, _) => Task.FromResult<ClaimOutcome>(new ClaimOutcome.Busy("Ask again.", TimeSpan.FromSeconds(7.2)))),
        new("a claim while the store is away", "POST", "/runner/claim", Claim, Bearer, f => f.OnClaim = (_, _) => throw new StoreUnavailableException("the inside")),
        new("a claim that is no JSON", "POST", "/runner/claim", "[", Bearer, _ => { }),
        new("a claim of nobody", "POST", "/runner/claim", """{"runnerId":"x","attempt":1}""", Bearer, _ => { }),
        new("a claim of no attempt", "POST", "/runner/claim", $$"""{"runnerId":"{{SampleData.RunnerId}}"}""", Bearer, _ => { }),
        new("a claim that is too large", "POST", "/runner/claim", Claim + new string(' ', 4097), Bearer, _ => { }),
        new("a claim, read", "GET", "/runner/claim", null, Bearer, _ => { }),
        new("a report", "POST", "/runner/status", Report, Bearer, _ => { }),
        new("a report with a wrong token", "POST", "/runner/status", Report, Bearer, f => f.OnReport = (_, _) => Task.FromResult(ReportOutcome.Unauthorized)),
        new("a report of a runner that ended", "POST", "/runner/status", Report, Bearer, f => f.OnReport = (_, _) => Task.FromResult(ReportOutcome.Gone)),
        new("a report of something else", "POST", "/runner/status", $$"""{"runnerId":"{{SampleData.RunnerId}}","status":"bored"}""", Bearer, _ => { }),
        new("a report while the store is away", "POST", "/runner/status", Report, Bearer, f => f.OnReport = (_, _) => throw new StoreUnavailableException("the inside")),
        new("another address", "POST", "/events", "{}", [], _ => { }),
        new("an address below one", "POST", "/webhook/x", "{}", [], _ => { }),
    ];

    private static readonly string[] Compared = ["Content-Type", "Cache-Control", "X-Content-Type-Options", "Retry-After", "WWW-Authenticate", "Allow"];
    private FleetHost _host = null!;
    private InProcess _function = null!;

    private sealed record Row(string Name, string Method, string Path, string? Body, (string Name, string Value)[] Headers, Action<FakeRunnerFleet> Prepare);

    public static TheoryData<string, string> Rows => [.. Table.SelectMany(row => Requests.Shapes.Select(shape => (row.Name, (string)shape.Data)))];

    public async ValueTask InitializeAsync()
    {
        _host = await FleetHost.StartAsync(map: app => Microsoft.AspNetCore.Builder.RunnerFleetEndpointRouteBuilderExtensions.MapRunnerFleet(app));
        _function = await InProcess.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _function.DisposeAsync();
    }

    [Theory, MemberData(nameof(Rows))]
    public async Task Both_hosts_give_the_same_answer(string name, string shape)
    {
        var row = Table.Single(one => one.Name == name);
        row.Prepare(_host.Fleet);
        row.Prepare(_function.Fleet);
        var content = row.Body is null ? null : new StringContent(row.Body, Encoding.UTF8, "application/json");
        var expected = await _host.SendAsync(new HttpMethod(row.Method), row.Path, content, row.Headers);
        (string, string)[] headers = row.Body is null ? row.Headers : [("Content-Type", "application/json; charset=utf-8"), .. row.Headers];
        var body = row.Body is null ? null : Encoding.UTF8.GetBytes(row.Body);

        var told = (await _function.InvokeAsync(Requests.Of(shape, row.Method, row.Path, body, asBase64: false, headers))).IsResult();

        Assert.Equal(expected.Status, (int)told.Json["statusCode"]!);
        Assert.Equal(expected.Body, (string)told.Json["body"]!);
        foreach (var header in Compared)
        {
            Assert.Equal((header, expected.Headers.GetValueOrDefault(header)), (header, (string?)told.Json["headers"]![header]));
        }

        Assert.Equal(_host.Fleet.Asked<object>().Count(), _function.Fleet.Asked<object>().Count());
        Assert.Equal(_host.Logs.Lines.Count(line => line.Level == LogLevel.Error), _function.Output.Split('\n').Count(line => line.Contains("\"level\":\"ERROR\"", StringComparison.Ordinal)));
    }

    private static Task<WebhookOutcome> Webhook(WebhookOutcome outcome) => Task.FromResult(outcome);
}
