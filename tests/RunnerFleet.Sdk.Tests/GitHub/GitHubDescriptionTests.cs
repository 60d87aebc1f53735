using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Tests.GitHub;

/// <summary>What the stand-in answers, held against GitHub's own published description.</summary>
public sealed class GitHubDescriptionTests
{
    private const string Repository = "octo-org/octo-repo";

    // The description leaves out what every call may answer.
    private static readonly int[] AnsweredByAll = [401, 403, 404];

    [Fact]
    public async Task The_stand_in_answers_only_what_GitHub_describes()
    {
        var description = JsonNode.Parse(await File.ReadAllTextAsync(Fixtures.Find("github-openapi", "runners.json")))!.AsObject();
        using var gitHub = new GitHubStandIn(TimeProvider.System, new() { DeliverAutomatically = false, Receiver = (_, _) => Task.FromResult(500) });
        gitHub.AddRepository(Repository);
        gitHub.AddEnterprise("octo-corp", "octo-org");
        using var http = new HttpClient(gitHub.CreateHandler()) { BaseAddress = new Uri("http://github.test/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "any");
        var faults = new List<string>();
        var seen = new HashSet<(string, int)>();

        foreach (var (scope, template) in new[] { ("repos/" + Repository, "/repos/{owner}/{repo}"), ("orgs/octo-org", "/orgs/{org}"), ("enterprises/octo-corp", "/enterprises/{enterprise}") })
        {
            var runners = scope + "/actions/runners";
            await TryAsync("POST", runners + "/registration-token", template + "/actions/runners/registration-token");
            await TryAsync("POST", runners + "/remove-token", template + "/actions/runners/remove-token");
            const string request = """{"name":"rf-a","runner_group_id":1,"labels":["self-hosted","class:small"],"work_folder":"_work"}""";
            var minted = await TryAsync("POST", runners + "/generate-jitconfig", template + "/actions/runners/generate-jitconfig", request);
            await TryAsync("POST", runners + "/generate-jitconfig", template + "/actions/runners/generate-jitconfig", request);
            await TryAsync("POST", runners + "/generate-jitconfig", template + "/actions/runners/generate-jitconfig", """{"name":"rf-b","runner_group_id":1,"labels":[]}""");
            await TryAsync("POST", $"{template.Split('{')[0].Trim('/')}/none{(scope.StartsWith("repos", StringComparison.Ordinal) ? "/none" : "")}/actions/runners/generate-jitconfig", template + "/actions/runners/generate-jitconfig", request);
            var id = (long)minted!["runner"]!["id"]!;
            await TryAsync("GET", runners, template + "/actions/runners");
            await TryAsync("GET", $"{runners}/{id}", template + "/actions/runners/{runner_id}");
            gitHub.Connect((string)minted["encoded_jit_config"]!);
            gitHub.QueueJob(Repository, ["self-hosted"]);
            gitHub.TakeJob(id);
            await TryAsync("GET", $"{runners}/{id}", template + "/actions/runners/{runner_id}");
            await TryAsync("DELETE", $"{runners}/{id}", template + "/actions/runners/{runner_id}");
            await JobsAsync();
            gitHub.CompleteJob(id);
            var second = await TryAsync("POST", runners + "/generate-jitconfig", template + "/actions/runners/generate-jitconfig", request);
            await TryAsync("DELETE", $"{runners}/{(long)second!["runner"]!["id"]!}", template + "/actions/runners/{runner_id}");
        }

        gitHub.QueueJob(Repository, ["self-hosted"], new() { IsWaiting = true });
        var queued = gitHub.QueueJob(Repository, ["self-hosted"]);
        await JobsAsync();
        const string run = "/repos/{owner}/{repo}/actions/runs/{run_id}";
        await TryAsync("POST", $"repos/{Repository}/actions/runs/{queued.RunId}/cancel", run + "/cancel");
        await TryAsync("POST", $"repos/{Repository}/actions/runs/{queued.RunId}/cancel", run + "/cancel");
        await JobsAsync();

        await gitHub.DeliverPendingAsync(default);
        foreach (var (scope, template) in new[] { ("repos/" + Repository, "/repos/{owner}/{repo}"), ("orgs/octo-org", "/orgs/{org}") })
        {
            var hook = $"{scope}/hooks/{gitHub.HookIds[0]}/deliveries";
            await TryAsync("GET", hook, template + "/hooks/{hook_id}/deliveries");
            await TryAsync("GET", hook + "?cursor=nonsense", template + "/hooks/{hook_id}/deliveries");
            var delivery = gitHub.Deliveries[0].Id;
            await TryAsync("GET", $"{hook}/{delivery}", template + "/hooks/{hook_id}/deliveries/{delivery_id}");
            await TryAsync("POST", $"{hook}/{delivery}/attempts", template + "/hooks/{hook_id}/deliveries/{delivery_id}/attempts");
        }

        Assert.Empty(faults);
        foreach (var expected in new[] { 200, 201, 202, 204, 400, 404, 409, 422 })
        {
            Assert.Contains(seen, s => s.Item2 == expected); // each was really tried
        }

        async Task JobsAsync()
        {
            await TryAsync("GET", $"repos/{Repository}/actions/runs", "/repos/{owner}/{repo}/actions/runs");
            foreach (var job in gitHub.Jobs)
            {
                await TryAsync("GET", $"repos/{Repository}/actions/runs/{job.RunId}", "/repos/{owner}/{repo}/actions/runs/{run_id}");
                await TryAsync("GET", $"repos/{Repository}/actions/runs/{job.RunId}/jobs", "/repos/{owner}/{repo}/actions/runs/{run_id}/jobs");
                await TryAsync("GET", $"repos/{Repository}/actions/jobs/{job.Id}", "/repos/{owner}/{repo}/actions/jobs/{job_id}");
            }
        }

        async Task<JsonNode?> TryAsync(string method, string path, string template, string? body = null)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
            using var answer = await http.SendAsync(request);
            var status = (int)answer.StatusCode;
            var text = await answer.Content.ReadAsStringAsync();
            var json = text.Length == 0 ? null : JsonNode.Parse(text);
            seen.Add((template, status));
            var call = $"{method} {template} {status}";
            if (description["paths"]![template]?[method.ToLowerInvariant()]?["responses"] is not JsonObject responses)
            {
                faults.Add($"{call}: GitHub has no such call");
            }
            else if (responses[$"{status}"] is { } response)
            {
                var content = OpenApi.Resolve(description, response)["content"]?.AsObject().FirstOrDefault(c => c.Key.Contains("json", StringComparison.Ordinal)).Value;
                if (content?["schema"] is { } schema)
                {
                    faults.AddRange(OpenApi.Check(description, schema, json, "$").Select(f => $"{call}: {f}"));
                }
            }
            else if (!AnsweredByAll.Contains(status))
            {
                faults.Add($"{call}: GitHub does not answer so");
            }

            return json;
        }
    }
}

/// <summary>As much of a schema checker as GitHub's description needs: references, combinations, types, required members.</summary>
internal static class OpenApi
{
    public static JsonNode Resolve(JsonNode description, JsonNode node)
    {
        while (node["$ref"] is { } reference)
        {
            node = ((string)reference!).TrimStart('#', '/').Split('/').Aggregate(description, (at, part) => at[part]!);
        }

        return node;
    }

    public static IEnumerable<string> Check(JsonNode description, JsonNode schemaOrReference, JsonNode? value, string path)
    {
        var schema = Resolve(description, schemaOrReference);
        if (value is null)
        {
            return (bool?)schema["nullable"] == true || schema["type"] is null ? [] : [$"{path} is null"];
        }

        var faults = new List<string>();
        foreach (var part in schema["allOf"]?.AsArray() ?? [])
        {
            faults.AddRange(Check(description, part!, value, path));
        }

        foreach (var choice in new[] { schema["anyOf"], schema["oneOf"] })
        {
            if (choice is JsonArray choices && choices.All(c => Check(description, c!, value, path).Any()))
            {
                faults.Add($"{path} fits none of its choices");
            }
        }

        if (schema["enum"] is JsonArray allowed && !allowed.Any(a => JsonNode.DeepEquals(a, value)))
        {
            faults.Add($"{path} = {value.ToJsonString()} is none of {allowed.ToJsonString()}");
        }

        switch ((string?)schema["type"])
        {
            case "object" when value is not JsonObject:
            case "array" when value is not JsonArray:
            case "string" when value.GetValueKind() != System.Text.Json.JsonValueKind.String:
            case "boolean" when value.GetValueKind() is not (System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False):
            case "integer" or "number" when value.GetValueKind() != System.Text.Json.JsonValueKind.Number:
                faults.Add($"{path} is no {schema["type"]}");
                return faults;
        }

        if (value is JsonObject body)
        {
            faults.AddRange((schema["required"]?.AsArray() ?? []).Where(r => !body.ContainsKey((string)r!)).Select(r => $"{path}.{r} is missing"));
            foreach (var (name, member) in schema["properties"]?.AsObject() ?? [])
            {
                if (body.TryGetPropertyValue(name, out var inner))
                {
                    faults.AddRange(Check(description, member!, inner, $"{path}.{name}"));
                }
            }
        }

        if (value is JsonArray array && schema["items"] is { } items)
        {
            faults.AddRange(array.SelectMany((item, i) => Check(description, items, item, $"{path}[{i}]")));
        }

        return faults;
    }
}
