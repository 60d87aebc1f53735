using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.Aws.EventBridge;

/// <summary>The event buses of the account, with the events that were put to each.</summary>
internal sealed class EventBuses(TimeProvider clock, string region, Func<string> account)
{
    public const string Default = "default";

    private readonly Dictionary<string, List<string>> _byName = new(StringComparer.Ordinal) { [Default] = [] };
    private readonly Queue<(string Code, string Message)> _failures = [];
    private int _ids;

    public void Create(string name) => _byName.TryAdd(name, []);

    /// <summary>By its name or ARN.</summary>
    public List<string>? Find(string bus) =>
        _byName.GetValueOrDefault(bus.StartsWith($"arn:aws:events:{region}:{account()}:event-bus/", StringComparison.Ordinal) ? bus[(bus.IndexOf('/', StringComparison.Ordinal) + 1)..] : bus);

    public void FailNext(int count, string code, string message)
    {
        for (var i = 0; i < count; i++)
        {
            _failures.Enqueue((code, message));
        }
    }

    /// <summary>What a test asked of the next entry.</summary>
    public (string Code, string Message)? TakeFailure() => _failures.TryDequeue(out var failure) ? failure : null;

    /// <summary>Puts an event on a bus.</summary>
    /// <returns>Its id.</returns>
    public string Put(List<string> bus, string source, string detailType, JsonObject detail, IEnumerable<string> resources, DateTimeOffset? time)
    {
        var id = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"event {++_ids}")))[..16]).ToString();
        bus.Add(new JsonObject
        {
            ["version"] = "0",
            ["id"] = id,
            ["detail-type"] = detailType,
            ["source"] = source,
            ["account"] = account(),
            ["time"] = (time ?? clock.GetUtcNow()).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), // whole seconds
            ["region"] = region,
            ["resources"] = new JsonArray([.. resources.Select(resource => JsonValue.Create(resource))]),
            ["detail"] = detail,
        }.ToJsonString());
        return id;
    }
}
