using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.Aws.Ssm;

/// <summary>Systems Manager's operations on parameters (API Reference, version 2014-11-06).</summary>
internal sealed class SsmService(Parameters parameters) : AwsStandInService("AmazonSSM", "ssm")
{
    private const int MostNames = 10;

    public override JsonObject Answer(string operation, JsonElement body) => operation switch
    {
        "PutParameter" => Put(body),
        "GetParameter" => Get(body),
        "GetParameters" => GetSeveral(body),
        "GetParametersByPath" => GetByPath(body),
        _ => throw UnknownOperation(operation),
    };

    private JsonObject Put(JsonElement body)
    {
        var tier = body.Text("Tier") ?? "Standard";
        var put = parameters.Put(body.Text("Name") ?? throw Missing("name"), body.Text("Type"), body.Text("Value") ?? throw Missing("value"), body.Flag("Overwrite"), isAdvanced: tier == "Advanced");
        return new() { ["Version"] = put.Version, ["Tier"] = tier };
    }

    private JsonObject Get(JsonElement body)
    {
        var (parameter, selector) = parameters.Get(body.Text("Name") ?? throw Missing("name"));
        return new() { ["Parameter"] = Json(parameter, selector, body.Flag("WithDecryption")) };
    }

    private JsonObject GetSeveral(JsonElement body)
    {
        var names = body.Texts("Names");
        if (names.Count is 0 or > MostNames)
        {
            throw Invalid($"1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length between 1 and {MostNames}.");
        }

        JsonArray found = [], invalid = [];
        foreach (var name in names)
        {
            try
            {
                var (parameter, selector) = parameters.Get(name);
                found.Add(Json(parameter, selector, body.Flag("WithDecryption")));
            }
            catch (AwsStandInException)
            {
                invalid.Add(name);
            }
        }

        return new() { ["Parameters"] = found, ["InvalidParameters"] = invalid };
    }

    private JsonObject GetByPath(JsonElement body)
    {
        var path = body.Text("Path") ?? throw Missing("path");
        var most = body.Number("MaxResults") ?? MostNames;
        if (path is not ['/', ..] || most is < 1 or > MostNames)
        {
            throw Invalid(path is not ['/', ..] ? "The parameter path must begin with a slash." : $"1 validation error detected: Value at 'maxResults' failed to satisfy constraint: Member must have value between 1 and {MostNames}.");
        }

        var below = path.TrimEnd('/') + "/";
        var after = body.Text("NextToken") ?? "";
        var rest = parameters.Newest
            .Where(p => p.Name.StartsWith(below, StringComparison.Ordinal) && (body.Flag("Recursive") || !p.Name[below.Length..].Contains('/', StringComparison.Ordinal)))
            .Where(p => string.CompareOrdinal(p.Name, after) > 0).Take(most + 1).ToList();
        var answer = new JsonObject { ["Parameters"] = new JsonArray([.. rest.Take(most).Select(p => Json(p, null, body.Flag("WithDecryption")))]) };
        if (rest.Count > most)
        {
            answer["NextToken"] = rest[most - 1].Name;
        }

        return answer;
    }

    private JsonObject Json(Parameter parameter, string? selector, bool decrypt)
    {
        var json = new JsonObject
        {
            ["Name"] = parameter.Name,
            ["Type"] = parameter.Type,
            ["Value"] = parameter.Type != "SecureString" || decrypt ? parameter.Value : Sealed(parameter),
            ["Version"] = parameter.Version,
            ["LastModifiedDate"] = parameter.At.ToUnixTimeMilliseconds() / 1000d,
            ["ARN"] = parameters.ArnOf(parameter.Name),
            ["DataType"] = "text",
        };
        if (selector is not null)
        {
            json["Selector"] = selector;
        }

        return json;
    }

    /// <summary>What stands for the value's ciphertext: nobody reads the value out of it.</summary>
    private static string Sealed(Parameter parameter) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"sealed {parameter.Name} {parameter.Version}")));

    private static AwsStandInException Missing(string name) => Invalid($"1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null.");

    private static AwsStandInException Invalid(string message) => new("ValidationException", message);
}
