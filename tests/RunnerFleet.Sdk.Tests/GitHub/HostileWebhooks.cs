using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace RunnerFleet.Sdk.Tests.GitHub;

/// <summary>Webhook bodies that nobody sent in good faith: bytes, any JSON, and whole payloads spoiled member by member.</summary>
internal static class HostileWebhooks
{
    // A private character stands for a byte that is never in UTF-8.
    private const char Invalid = '\ue000';

    private static readonly string[] s_actions = ["queued", "in_progress", "completed", "waiting", "requested", "QUEUED", ""];

    /// <summary>Raw JSON of every kind, much of it not JSON at all.</summary>
    private static readonly string[] s_values =
    [
        "null", "true", "false", "0", "-1", "1", "0.5", "1e3", "1e999", "-1e-999", "9223372036854775807", "9223372036854775808", "99999999999999999999999999999999999999", "00", "NaN",
        "\"\"", "\" \"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u202e\"", "\"\\", "\"unended", $"\"{Invalid}\"", "\"a\\nb\"", "\"..\"", "\"../../etc\"", "\"%2e%2e\"", "\"<script>\"",
        "\"queued\"", "\"self-hosted\"", "\"rf-test-01J00000000000000000000000-1\"", "\"rf-test-../../../../../../..-1\"", "\"octo/widgets\"", "\"a/b/c\"", "\"/\"", "\"2026-13-45T99:99:99Z\"", "\"9999-12-31T23:59:59.9999999+14:00\"", "\"0001-01-01T00:00:00-14:00\"",
        "[]", "{}", "[null]", "[[]]", "[\"self-hosted\"]", "[\"self-hosted\",\"class:small\",\"class:large\"]", "[\"self-hosted\",\"image:\\ud800\"]", "{\"id\":{}}", "[1,2", "{\"a\"}", "",
        "\"" + new string('x', 70_000) + "\"", "[" + string.Join(',', Enumerable.Repeat("\"self-hosted\"", 500)) + "]",
        new string('[', 100) + new string(']', 100), string.Concat(Enumerable.Repeat("{\"a\":", 100)) + "1" + new string('}', 100), new string('[', 20_000),
    ];

    private static readonly string[] s_paths =
    [
        "action", "workflow_job", "workflow_job/id", "workflow_job/run_id", "workflow_job/run_attempt", "workflow_job/workflow_name", "workflow_job/name", "workflow_job/html_url", "workflow_job/status",
        "workflow_job/conclusion", "workflow_job/created_at", "workflow_job/labels", "workflow_job/labels/0", "workflow_job/labels/1", "workflow_job/runner_id", "workflow_job/runner_name", "workflow_job/steps",
        "repository", "repository/id", "repository/name", "repository/full_name", "repository/private", "repository/owner", "repository/owner/login", "organization", "organization/login", "enterprise", "enterprise/slug",
        "installation", "installation/id", "sender", "not_there",
    ];

    /// <summary>Bytes of any kind.</summary>
    public static Arbitrary<byte[]> Bytes { get; } = ArbMap.Default.GeneratorFor<byte[]>().ToArbitrary();

    /// <summary>JSON of any kind.</summary>
    public static Arbitrary<byte[]> Json { get; } = Gen.Sized(size => JsonOf(Math.Min(size, 6))).Select(Encode).ToArbitrary();

    /// <summary>Whole payloads of every action, spoiled in up to four places, now and then cut or followed by something.</summary>
    public static Arbitrary<byte[]> Payloads { get; } = (
        from action in Gen.Elements(s_actions)
        from job in Gen.Choose(1, 4)
        from changes in Changes.ListOf().Select(c => c.Take(4))
        from tail in Gen.Frequency((10, Gen.Constant("")), (1, Gen.Elements("{}", "x", "\0", " ", Invalid.ToString())))
        from cut in Gen.Frequency((10, Gen.Constant(1.0)), (1, Gen.Choose(0, 99).Select(percent => percent / 100.0)))
        select Payload(action, job, changes, tail, cut)).ToArbitrary();

    private static Gen<(string Path, string Kind, string Value)> Changes { get; } =
        from path in Gen.Elements(s_paths)
        from kind in Gen.Elements("drop", "rename", "replace", "replace", "replace", "duplicate")
        from value in Gen.Elements(s_values)
        select (path, kind, value);

    private static Gen<string> JsonOf(int depth)
    {
        var leaf = Gen.Elements(s_values);
        var name = Gen.Elements("action", "workflow_job", "repository", "labels", "id", "run_id", "full_name", "owner", "a", "");
        return depth == 0 ? leaf : Gen.Frequency(
            (2, leaf),
            (2, JsonOf(depth - 1).ListOf().Select(items => $"[{string.Join(',', items.Take(5))}]")),
            (3, (from key in name from value in JsonOf(depth - 1) select $"\"{key}\":{value}").ListOf().Select(members => $"{{{string.Join(',', members.Take(6))}}}")));
    }

    private static byte[] Payload(string action, int job, IEnumerable<(string Path, string Kind, string Value)> changes, string tail, double cut)
    {
        var payload = WorkflowJobPayload.Create();
        payload["action"] = action;
        payload.Job()["id"] = job;
        payload.Job()["labels"] = new JsonArray("self-hosted", "class:small");
        var raw = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (path, kind, value) in changes)
        {
            Spoil(payload, path.Split('/'), kind, value, raw);
        }

        var text = raw.Aggregate(payload.ToJsonString(), (json, mark) => json.Replace(mark.Key, mark.Value, StringComparison.Ordinal)) + tail;
        return Encode(text[..(int)(text.Length * cut)]);
    }

    private static void Spoil(JsonNode node, string[] path, string kind, string value, Dictionary<string, string> raw)
    {
        var at = path[..^1].Aggregate((JsonNode?)node, (n, part) => n is JsonObject o ? o[part] : null);
        var mark = $"mark-{raw.Count}-";
        switch (at)
        {
            case JsonArray { Count: > 0 } array:
                raw[$"\"{mark}\""] = value;
                array[Math.Min(array.Count - 1, int.Parse(path[^1], System.Globalization.CultureInfo.InvariantCulture))] = mark;
                break;
            case JsonObject o when kind == "drop":
                o.Remove(path[^1]);
                break;
            case JsonObject o when kind == "rename":
                var renamed = o[path[^1]]?.DeepClone();
                o.Remove(path[^1]);
                o[path[^1].ToUpperInvariant()] = renamed;
                break;
            case JsonObject o when kind == "duplicate":
                raw[$"\"{mark}name\""] = $"\"{path[^1]}\"";
                raw[$"\"{mark}\""] = value;
                o[mark + "name"] = mark;
                break;
            case JsonObject o:
                raw[$"\"{mark}\""] = value;
                o[path[^1]] = mark;
                break;
        }
    }

    private static byte[] Encode(string text)
    {
        var parts = text.Split(Invalid).Select(part => Encoding.UTF8.GetBytes(part)).ToList();
        return [.. parts.SelectMany((part, i) => i == 0 ? part : [0xff, .. part])];
    }
}
