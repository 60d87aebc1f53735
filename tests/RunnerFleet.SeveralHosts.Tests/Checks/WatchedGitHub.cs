using System.Text.Json.Nodes;
using RunnerFleet.Runners;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.SeveralHosts.Tests.Checks;

/// <summary>Counts what is minted and removed, and looks at each minting whether that runner has another registration.</summary>
internal sealed class WatchedGitHub(GitHubStandIn gitHub, string fleet, Ledger ledger, Findings findings)
{
    private int _minted;
    private int _removed;

    public int Minted => _minted;

    public int Removed => _removed;

    public HttpMessageHandler CreateHandler() => new Handler(this) { InnerHandler = gitHub.CreateHandler() };

    private void Look(string name)
    {
        Interlocked.Increment(ref _minted);
        if (!RunnerName.TryParse(name, fleet, out var id, out _))
        {
            return;
        }

        var own = gitHub.Runners.Where(r => RunnerName.TryParse(r.Name, fleet, out var other, out _) && other == id).ToList();
        if (own.Count > 1)
        {
            findings.Add(Rule.OneRegistration, $"Runner {id} has {own.Count} registrations at once: {string.Join(", ", own.Select(r => r.Name))}.\n{ledger.HistoryOf(id)}");
        }
    }

    private sealed class Handler(WatchedGitHub watch) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var name = request.Method == HttpMethod.Post && request.RequestUri!.AbsolutePath.EndsWith("generate-jitconfig", StringComparison.Ordinal)
                ? (string?)JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!["name"]
                : null;
            var answer = await base.SendAsync(request, cancellationToken);
            if (name is not null && answer.StatusCode == System.Net.HttpStatusCode.Created)
            {
                watch.Look(name);
            }

            if (request.Method == HttpMethod.Delete && answer.StatusCode == System.Net.HttpStatusCode.NoContent)
            {
                Interlocked.Increment(ref watch._removed);
            }

            return answer;
        }
    }
}
