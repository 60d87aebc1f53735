using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.GitHub;

/// <summary>The stand-in's just-in-time configuration: in form and size the real one, base64 of a JSON map from file name to base64 content.</summary>
internal sealed record JitConfig(string ServerUrl, long RunnerId, string RunnerName, string Credential)
{
    // The real one holds a 2048-bit key; configurations have passed 4096 characters since 2025, and what carries them must bear that.
    private const int KeyBytes = 1500;

    public static string Encode(RunnerRow runner, string serverUrl, string workFolder)
    {
        var id = runner.Id.ToString(CultureInfo.InvariantCulture);
        var files = new JsonObject
        {
            [".runner"] = File(new JsonObject
            {
                ["AgentId"] = id,
                ["AgentName"] = runner.Name,
                ["PoolId"] = runner.GroupId.ToString(CultureInfo.InvariantCulture),
                ["PoolName"] = "Default",
                [nameof(ServerUrl)] = serverUrl,
                ["WorkFolder"] = workFolder,
                ["GitHubUrl"] = "",
                ["Ephemeral"] = "true",
                ["DisableUpdate"] = "true",
            }),
            [".credentials"] = File(new JsonObject
            {
                ["Scheme"] = "OAuth",
                ["Data"] = new JsonObject { ["clientId"] = id, ["authorizationUrl"] = $"{serverUrl}/_runner/token", ["clientSecret"] = runner.Credential, ["requireFipsCryptography"] = "true" },
            }),
            [".credentials_rsaparams"] = File(new JsonObject { ["modulus"] = Convert.ToBase64String(new byte[KeyBytes]) }),
        };
        return Convert.ToBase64String(Encoding.UTF8.GetBytes(files.ToJsonString()));
    }

    /// <summary>Reads a configuration; <see langword="null"/> when it is none of the stand-in's.</summary>
    public static JitConfig? Decode(string encoded)
    {
        try
        {
            if (JsonNode.Parse(Convert.FromBase64String(encoded.Trim())) is not JsonObject files
                || Read(files[".runner"]) is not { } runner
                || Read(files[".credentials"])?["Data"] is not JsonObject data)
            {
                return null;
            }

            return new(
                ((string?)runner[nameof(ServerUrl)])!.TrimEnd('/'),
                long.Parse((string)runner["AgentId"]!, CultureInfo.InvariantCulture),
                (string)runner["AgentName"]!,
                (string)data["clientSecret"]!);
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException or ArgumentNullException or NullReferenceException)
        {
            return null;
        }

        static JsonObject? Read(JsonNode? file) => file is null ? null : JsonNode.Parse(Convert.FromBase64String((string)file!)) as JsonObject;
    }

    private static string File(JsonObject content) => Convert.ToBase64String(Encoding.UTF8.GetBytes(content.ToJsonString()));
}
