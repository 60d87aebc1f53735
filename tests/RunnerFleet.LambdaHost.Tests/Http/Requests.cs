using System.Text;
using System.Text.Json.Nodes;

namespace RunnerFleet.LambdaHost.Tests.Http;

/// <summary>Requests in the shapes in which AWS hands them over (API Gateway Developer Guide, payload formats of HTTP APIs; AWS Lambda Developer Guide, function URLs).</summary>
internal static class Requests
{
    public static TheoryData<string> Shapes => ["HTTP API", "REST API", "function URL"];

    public static JsonObject Of(string shape, string method, string path, byte[]? body, bool asBase64, params (string Name, string Value)[] headers)
    {
        JsonNode? text = body is null ? null : asBase64 ? Convert.ToBase64String(body) : Encoding.UTF8.GetString(body);
        return shape == "REST API"
            ? new JsonObject
            {
                ["resource"] = "/{proxy+}",
                ["path"] = path,
                ["httpMethod"] = method,
                ["headers"] = new JsonObject([.. headers.DistinctBy(h => h.Name).Select(h => KeyValuePair.Create(h.Name, (JsonNode?)headers.Last(other => other.Name == h.Name).Value))]),
                ["multiValueHeaders"] = new JsonObject([.. headers.GroupBy(h => h.Name).Select(h => KeyValuePair.Create(h.Key, (JsonNode?)new JsonArray([.. h.Select(one => (JsonNode?)one.Value)])))]),
                ["requestContext"] = new JsonObject { ["stage"] = "prod", ["httpMethod"] = method, ["path"] = "/prod" + path },
                ["body"] = text,
                ["isBase64Encoded"] = asBase64,
            }
            : new JsonObject
            {
                ["version"] = "2.0",
                ["routeKey"] = shape == "HTTP API" ? $"{method} {path}" : "$default",
                ["rawPath"] = path,
                ["rawQueryString"] = "",
                ["headers"] = new JsonObject([.. headers.GroupBy(h => h.Name.ToLowerInvariant()).Select(h => KeyValuePair.Create(h.Key, (JsonNode?)string.Join(",", h.Select(one => one.Value))))]),
                ["requestContext"] = new JsonObject { ["stage"] = "$default", ["http"] = new JsonObject { ["method"] = method, ["path"] = path, ["sourceIp"] = "192.0.2.1" } },
                ["body"] = text,
                ["isBase64Encoded"] = asBase64,
            };
    }
}
