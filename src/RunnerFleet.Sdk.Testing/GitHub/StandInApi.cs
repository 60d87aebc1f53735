using System.Globalization;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.GitHub;

/// <summary>The REST API: status codes, member names and paging as GitHub describes them.</summary>
internal sealed class StandInApi(TimeProvider clock, GitHubStandInOptions options, StandInWorld world, StandInHooks hooks, StandInJson json)
{
    private const int LongestName = 64;
    private const int MostLabels = 100;

    public StandInReply Answer(StandInRequest request)
    {
        if (request.Bearer is not { Length: > 0 } token)
        {
            return StandInReply.Error(401, "Requires authentication");
        }

        if (options.Token is { } only && token != only)
        {
            return StandInReply.Error(401, "Bad credentials");
        }

        var (scope, rest) = request.Segments switch
        {
            ["repos", var owner, var name, .. var r] => (new ScopeRow("repos", owner, name), r),
            ["orgs", var org, .. var r] => (new ScopeRow("orgs", org, null), r),
            ["enterprises", var slug, .. var r] => (new ScopeRow("enterprises", slug, null), r),
            _ => (null, []),
        };
        if (scope is null || !world.Exists(scope))
        {
            return StandInReply.NotFound();
        }

        var reply = (request.Method, rest) switch
        {
            (_, ["actions", "runners", .. var r]) => Runners(request, scope, r),
            (_, ["actions", .. var r]) when scope.Kind == "repos" => Actions(request, scope, r),
            (_, ["hooks", var hook, "deliveries", .. var r]) when scope.Kind != "enterprises" => Deliveries(request, scope, hook, r),
            _ => StandInReply.NotFound(),
        };
        reply.Headers["X-Accepted-GitHub-Permissions"] = Permission(request.Method, scope, rest);
        return reply;
    }

    private static string Permission(string method, ScopeRow scope, string[] rest)
    {
        var right = method == "GET" ? "read" : "write";
        return rest switch
        {
            ["actions", "runners", ..] => scope.Kind == "repos" ? $"administration={right}" : $"organization_self_hosted_runners={right}",
            ["hooks", ..] => scope.Kind == "repos" ? $"repository_hooks={right}" : $"organization_hooks={right}",
            _ => $"actions={right}",
        };
    }

    private StandInReply Runners(StandInRequest request, ScopeRow scope, string[] rest)
    {
        switch (request.Method, rest)
        {
            case ("POST", ["registration-token"] or ["remove-token"]):
                return new(201, new JsonObject
                {
                    ["token"] = "A" + System.Security.Cryptography.RandomNumberGenerator.GetHexString(28),
                    ["expires_at"] = clock.GetUtcNow().AddHours(1).ToString("yyyy-MM-ddTHH:mm:ss.fffzzz", CultureInfo.InvariantCulture),
                });
            case ("POST", ["generate-jitconfig"]):
                return GenerateJitConfig(request, scope);
            case ("GET", []):
                var name = request.Parameter("name");
                var runners = world.Read(() => world.Runners
                    .Where(r => r.Scope.Key == scope.Key && (string.IsNullOrEmpty(name) || string.Equals(r.Name, name, StringComparison.OrdinalIgnoreCase)))
                    .Select(RunnerJson)
                    .ToList());
                return Page(request, "runners", runners);
            case ("GET", [var id]):
                var found = world.Read(() => Find(scope, id) is { } runner ? RunnerJson(runner) : null);
                return found is null ? StandInReply.NotFound() : new(200, found);
            case ("DELETE", [var id]):
                return world.DeleteRunner(scope, Number(id)) switch
                {
                    204 => new(204),
                    422 => StandInReply.Error(422, $"Runner \"{id}\" is still running a job\""),
                    _ => StandInReply.NotFound(),
                };
            default:
                return StandInReply.NotFound();
        }
    }

    private StandInReply GenerateJitConfig(StandInRequest request, ScopeRow scope)
    {
        if (request.Json() is not { } body)
        {
            return StandInReply.Error(400, "Problems parsing JSON");
        }

        var name = Text(body["name"]);
        var labels = body["labels"] is JsonArray array ? array.Select(Text).ToList() : null;
        var group = body["runner_group_id"] is JsonValue value && value.TryGetValue<long>(out var id) ? id : (long?)null;
        var fault =
            string.IsNullOrWhiteSpace(name) ? "\"name\" wasn't supplied."
            : name.Length > LongestName ? $"Runner name is too long (maximum is {LongestName} characters)."
            : group is null ? "\"runner_group_id\" wasn't supplied."
            : labels is null or { Count: 0 } ? "\"labels\" wasn't supplied."
            : labels.Count > MostLabels ? $"No more than {MostLabels} labels are allowed."
            : labels.Exists(string.IsNullOrWhiteSpace) ? "A label must be a string."
            : group != 1 && (scope.Kind == "repos" || !options.RunnerGroups.Contains(group.Value)) ? $"Runner group {group} does not exist."
            : null;
        if (fault is not null)
        {
            return StandInReply.Error(422, $"Invalid request.\n\n{fault}");
        }

        if (world.Register(scope, name!, group!.Value, [.. labels!.Select(l => l!)]) is not { } runner)
        {
            return StandInReply.Error(409, $"Already exists - A runner with the name {name} already exists.");
        }

        return new(201, new JsonObject
        {
            ["runner"] = world.Read(() => RunnerJson(runner)),
            ["encoded_jit_config"] = JitConfig.Encode(runner, request.BaseUrl, Text(body["work_folder"]) ?? "_work"),
        });
    }

    private StandInReply Actions(StandInRequest request, ScopeRow scope, string[] rest)
    {
        switch (request.Method, rest)
        {
            case ("GET", ["runs"]):
                var status = request.Parameter("status");
                return Page(request, "workflow_runs", world.Read(() => world.Runs
                    .Where(r => IsIn(scope, r))
                    .Reverse()
                    .Select(r => json.Run(r, JobsOf(r)))
                    .Where(r => string.IsNullOrEmpty(status) || (string?)r["status"] == status || (string?)r["conclusion"] == status)
                    .ToList()));
            case ("GET", ["runs", var id]):
                return Found(world.Read(() => Run(scope, id) is { } run ? json.Run(run, JobsOf(run)) : null));
            case ("GET", ["runs", var id, "jobs"]):
                var all = request.Parameter("filter") == "all";
                var jobs = world.Read(() => Run(scope, id) is { } run ? JobsOf(run).Where(j => all || !j.IsSuperseded).Select(json.Job).ToList() : null);
                return jobs is null ? StandInReply.NotFound() : Page(request, "jobs", jobs);
            case ("POST", ["runs", var id, "cancel"]):
                var active = world.Read(() => Run(scope, id) is { } run ? JobsOf(run).Where(j => j.Status != "completed").Select(j => j.Id).ToList() : null);
                if (active is null)
                {
                    return StandInReply.NotFound();
                }

                active.ForEach(job => world.CancelJob(job));
                return active.Count == 0 ? StandInReply.Error(409, "Cannot cancel a workflow run that is completed.") : new(202, new JsonObject());
            case ("GET", ["jobs", var id]):
                return Found(world.Read(() => world.Jobs.FirstOrDefault(j => j.Id == Number(id) && IsIn(scope, j.Run)) is { } job ? json.Job(job) : null));
            default:
                return StandInReply.NotFound();
        }
    }

    private StandInReply Deliveries(StandInRequest request, ScopeRow scope, string hook, string[] rest)
    {
        if (!hooks.Hooks.Any(h => h.Id == Number(hook)))
        {
            return StandInReply.NotFound();
        }

        var rows = hooks.List().Where(d => d.Hook.Id == Number(hook) && IsIn(scope, d.Repository)).ToList();
        switch (request.Method, rest)
        {
            case ("GET", []):
                return DeliveryPage(request, rows);
            case ("GET", [var id]):
                return Found(rows.Find(d => d.Delivery.Id == Number(id)) is { } row ? DeliveryJson(row, inFull: true) : null);
            case ("POST", [var id, "attempts"]):
                return rows.Exists(d => d.Delivery.Id == Number(id)) && hooks.Redeliver(Number(id)) ? new(202, new JsonObject()) : StandInReply.NotFound();
            default:
                return StandInReply.NotFound();
        }
    }

    private static StandInReply DeliveryPage(StandInRequest request, List<DeliveryRow> rows)
    {
        var status = request.Parameter("status");
        var size = PageSize(request);
        var before = long.MaxValue;
        if (request.Parameter("cursor") is { Length: > 0 } cursor && (!cursor.StartsWith("v1_", StringComparison.Ordinal) || (before = Number(cursor[3..])) < 0))
        {
            return StandInReply.Error(400, "Invalid cursor");
        }

        var fitting = rows
            .Where(d => d.Delivery.Id < before && (string.IsNullOrEmpty(status) || (status == "success") == (d.Status == "OK")))
            .Take(size + 1)
            .ToList();
        var page = fitting.Take(size).ToList();
        var reply = new StandInReply(200, new JsonArray([.. page.Select(d => (JsonNode?)DeliveryJson(d, inFull: false))]));
        if (fitting.Count > size)
        {
            reply.Headers["Link"] = $"<{Self(request, ("cursor", string.Create(CultureInfo.InvariantCulture, $"v1_{page[^1].Delivery.Id}")))}>; rel=\"next\"";
        }

        return reply;
    }

    private static JsonObject DeliveryJson(DeliveryRow row, bool inFull)
    {
        var delivery = row.Delivery;
        var body = new JsonObject
        {
            ["id"] = delivery.Id,
            ["guid"] = delivery.DeliveryId,
            ["delivered_at"] = StandInJson.Time(row.DeliveredAt),
            ["redelivery"] = delivery.IsRedelivery,
            ["duration"] = Math.Round(row.Duration.TotalSeconds, 2),
            ["status"] = row.Status,
            ["status_code"] = delivery.StatusCode ?? 0,
            ["event"] = delivery.Event,
            ["action"] = delivery.Action,
            ["installation_id"] = null,
            ["repository_id"] = row.Repository.Id,
            ["throttled_at"] = null,
        };
        if (inFull)
        {
            body["url"] = row.Hook.Url?.ToString() ?? "";
            body["request"] = new JsonObject
            {
                ["headers"] = new JsonObject(delivery.Headers.Select(h => KeyValuePair.Create(h.Key, (JsonNode?)h.Value))),
                ["payload"] = JsonNode.Parse(delivery.Body.Span),
            };
            body["response"] = new JsonObject { ["headers"] = new JsonObject(), ["payload"] = "" };
        }

        return body;
    }

    private static StandInReply Page(StandInRequest request, string member, List<JsonObject> items)
    {
        var size = PageSize(request);
        var number = int.TryParse(request.Parameter("page"), NumberStyles.None, CultureInfo.InvariantCulture, out var p) && p > 0 ? p : 1;
        var last = Math.Max(1, (items.Count + size - 1) / size);
        var reply = new StandInReply(200, new JsonObject
        {
            ["total_count"] = items.Count,
            [member] = new JsonArray([.. items.Skip((number - 1) * size).Take(size)]),
        });
        var links = new List<string>();
        if (number > 1)
        {
            links.Add(Link(number - 1, "prev"));
        }

        if (number < last)
        {
            links.Add(Link(number + 1, "next"));
            links.Add(Link(last, "last"));
        }

        if (links.Count > 0)
        {
            reply.Headers["Link"] = string.Join(", ", links);
        }

        return reply;

        string Link(int page, string rel) => $"<{Self(request, ("page", page.ToString(CultureInfo.InvariantCulture)))}>; rel=\"{rel}\"";
    }

    /// <summary>The request's own address with one parameter set.</summary>
    private static string Self(StandInRequest request, (string Name, string Value) set)
    {
        var others = request.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Where(p => !p.StartsWith(set.Name + "=", StringComparison.Ordinal));
        return $"{request.BaseUrl}/{string.Join('/', request.Segments.Select(Uri.EscapeDataString))}?{string.Join('&', others.Append($"{set.Name}={set.Value}"))}";
    }

    private static int PageSize(StandInRequest request) =>
        int.TryParse(request.Parameter("per_page"), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? Math.Clamp(size, 1, 100) : 30;

    private JsonObject RunnerJson(RunnerRow runner) => StandInJson.Runner(runner, world.IsOnline(runner), world.ShowsBusy(runner));

    private RunnerRow? Find(ScopeRow scope, string id) => world.Runners.FirstOrDefault(r => r.Id == Number(id) && r.Scope.Key == scope.Key);

    private RunRow? Run(ScopeRow scope, string id) => world.Runs.FirstOrDefault(r => r.Id == Number(id) && IsIn(scope, r));

    private IEnumerable<JobRow> JobsOf(RunRow run) => world.Jobs.Where(j => j.Run == run);

    private static bool IsIn(ScopeRow scope, RunRow run) => IsIn(scope, run.Repository);

    private static bool IsIn(ScopeRow scope, RepositoryRow repository) =>
        string.Equals(scope.Owner, repository.Owner, StringComparison.OrdinalIgnoreCase)
        && (scope.Repository is null || string.Equals(scope.Repository, repository.Name, StringComparison.OrdinalIgnoreCase));

    private static StandInReply Found(JsonObject? body) => body is null ? StandInReply.NotFound() : new(200, body);

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
}
