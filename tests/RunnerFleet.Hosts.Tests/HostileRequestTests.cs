using System.Net;
using System.Text;
using RunnerFleet.GitHub;

namespace RunnerFleet.Hosts.Tests;

/// <summary>Whatever is sent, it is the sender's fault (4xx) and never the host's (5xx).</summary>
public sealed class HostileRequestTests
{
    private const int Requests = 400;
    private const int Seed = 20_240_229;

    private static readonly string[] Paths =
    [
        "webhook", "runner/claim", "runner/status", "api/runners", "api/runners/", "api/runners/01M84YAEV3DA6W0PYTMVSC7EVZ", "api/runners/01M84YAEV3DA6W0PYTMVSC7EVZ/terminate", "api/jobs", "api/jobs/42",
        "api/classes", "api/fleet", "api/stream", "healthz", "readyz", "", "demo/jobs", "demo/github/repos/octo-org/demo/actions/runners", "demo/github/repos/octo-org/demo/actions/runners/generate-jitconfig",
        "demo/github/_runner/sessions", "demo/github/_runner/sessions/x/job", "demo/github/orgs/x/actions/runners/generate-jitconfig", "demo/github/repos/octo-org/demo/actions/runs",
    ];

    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "BREW"];

    private static readonly string[] Bits = ["\0", "null", "[]", "{}", "-1", "1e999", "\"", "{\"action\":", "\ud83d\ude00", "%00", "../", "' OR 1=1", "99999999999999999999", "true", "\uffff", "labels", "workflow_job"];

    [Fact]
    public async Task Is_never_answered_with_a_server_error_and_the_host_still_works()
    {
        await using var world = HostWorld.ForDemo();
        world.Settings["RunnerFleet:GitHub:WebhookSecret"] = HostWorld.Secret;
        await world.StartHostAsync();
        var random = new Random(Seed);
        var statuses = new SortedDictionary<int, int>();
        for (var i = 0; i < Requests; i++)
        {
            using var request = Make(random);
            using var answer = await world.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            Assert.True((int)answer.StatusCode < 500, $"Request {i} of seed {Seed}: {request.Method} {request.RequestUri} was answered {(int)answer.StatusCode}.\n{world.Host.Output}");
            statuses[(int)answer.StatusCode] = statuses.GetValueOrDefault((int)answer.StatusCode) + 1;
        }

        TestContext.Current.TestOutputHelper!.WriteLine(string.Join(", ", statuses.Select(s => $"{s.Key}: {s.Value}")));
        Assert.Contains(401, statuses.Keys);
        Assert.Contains(400, statuses.Keys);
        Assert.Contains(404, statuses.Keys);

        var (status, body) = await world.PostAsync("queued", 4711);
        Assert.Equal((HttpStatusCode.Accepted, "queued"), (status, (string?)body!["outcome"]));
        Assert.False(world.Host.HasExited);
        Assert.DoesNotContain("Unhandled exception", world.Host.Output, StringComparison.OrdinalIgnoreCase);
    }

    private static HttpRequestMessage Make(Random random)
    {
        var path = Paths[random.Next(Paths.Length)];
        if (random.Next(4) == 0)
        {
            path += (random.Next(2) == 0 ? "?states=" : "/") + Uri.EscapeDataString(Pick(random, Bits));
        }

        if (random.Next(4) == 0)
        {
            path += (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + $"take={Uri.EscapeDataString(Pick(random, Bits))}&continuation={Uri.EscapeDataString(Pick(random, Bits))}&force=x&seconds={Uri.EscapeDataString(Pick(random, Bits))}";
        }

        var isWebhook = path == "webhook";
        var request = new HttpRequestMessage(new HttpMethod(isWebhook ? "POST" : Pick(random, Methods)), path);
        if (random.Next(2) == 0)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + (random.Next(2) == 0 ? "demo-token" : random.Next().ToString("x8", System.Globalization.CultureInfo.InvariantCulture)));
            request.Headers.TryAddWithoutValidation("X-RunnerFleet", "1");
        }

        if (request.Method.Method is "POST" or "PUT" or "PATCH" or "DELETE")
        {
            var body = Mutate(random);
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", random.Next(5) == 0 ? "text/plain; charset=nonsense" : "application/json");
            if (isWebhook && random.Next(4) != 0)
            {
                request.Headers.TryAddWithoutValidation("X-GitHub-Event", random.Next(4) == 0 ? Pick(random, ["ping", "push", "workflow_job;x", ""]) : "workflow_job");
                request.Headers.TryAddWithoutValidation("X-GitHub-Delivery", random.Next().ToString(System.Globalization.CultureInfo.InvariantCulture));
                request.Headers.TryAddWithoutValidation("X-Hub-Signature-256", random.Next(6) == 0 ? "sha256=zz" : WebhookSignature.Sign(body, HostWorld.Secret));
            }
        }

        return request;
    }

    private static byte[] Mutate(Random random)
    {
        var text = new StringBuilder("""{"action":"queued","labels":["a"],"name":"x","runner_group_id":1,"runnerId":"01M84YAEV3DA6W0PYTMVSC7EVZ","attempt":1,"status":"started","workflow_job":{"id":99,"run_id":1,"labels":["someone-elses"],"status":"queued","runner_id":null},"repository":{"id":5,"name":"r","full_name":"o/r","private":true,"owner":{"login":"o","id":6}}}""");
        for (var n = random.Next(4); n > 0; n--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(3))
            {
                case 0:
                    text.Insert(at, Pick(random, Bits));
                    break;
                case 1:
                    text.Remove(at, Math.Min(random.Next(1, 30), text.Length - at));
                    break;
                default:
                    text[at] = (char)random.Next(1, 256);
                    break;
            }
        }

        var body = Encoding.UTF8.GetBytes(text.ToString());
        if (random.Next(10) == 0)
        {
            random.NextBytes(body);
        }

        return body;
    }

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
