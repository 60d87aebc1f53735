using System.Globalization;

namespace RunnerFleet.Testing.GitHub;

/// <summary>Calls that go wrong: before their effect with a status, or after it with the answer lost.</summary>
internal sealed record StandInFault(int Count, int? Status, string? PathContains, TimeSpan? RetryAfter);

/// <summary>What every call of the REST API passes: faults, rate limit, and the list of calls.</summary>
internal sealed class StandInGate(TimeProvider clock, int rateLimit)
{
    private const int MostCalls = 1000;

    private readonly Lock _gate = new();
    private readonly List<StandInFault> _faults = [];
    private readonly Queue<string> _calls = new();
    private DateTimeOffset _windowEnd = clock.GetUtcNow().AddHours(1);
    private int _used;

    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (_gate)
            {
                return [.. _calls];
            }
        }
    }

    public void Add(StandInFault fault)
    {
        lock (_gate)
        {
            _faults.Add(fault);
        }
    }

    public StandInReply Pass(StandInRequest request, Func<StandInRequest, StandInReply> answer)
    {
        var call = $"{request.Method} /{string.Join('/', request.Segments)}";
        var (used, reset) = Count();
        var fault = TakeFault(call);
        var reply =
            fault is { Status: { } status } ? StandInReply.Error(status, status == 429 ? "You have exceeded a secondary rate limit." : "Something went wrong.")
            : used > rateLimit ? StandInReply.Error(403, "API rate limit exceeded.")
            : answer(request);
        if (fault is { RetryAfter: { } wait })
        {
            reply.Headers["Retry-After"] = ((long)wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        reply.Headers["x-ratelimit-limit"] = rateLimit.ToString(CultureInfo.InvariantCulture);
        reply.Headers["x-ratelimit-remaining"] = Math.Max(0, rateLimit - used).ToString(CultureInfo.InvariantCulture);
        reply.Headers["x-ratelimit-used"] = Math.Min(used, rateLimit).ToString(CultureInfo.InvariantCulture);
        reply.Headers["x-ratelimit-reset"] = reset.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        reply.Headers["x-ratelimit-resource"] = "core";
        reply.Headers["X-GitHub-Media-Type"] = "github.v3; format=json";
        Record($"{call} {(fault is { Status: null } ? "lost" : reply.Status.ToString(CultureInfo.InvariantCulture))}");
        return fault is { Status: null } ? reply with { IsLost = true } : reply;
    }

    private (int Used, DateTimeOffset Reset) Count()
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            if (now >= _windowEnd)
            {
                _windowEnd = now.AddHours(1);
                _used = 0;
            }

            return (++_used, _windowEnd);
        }
    }

    private StandInFault? TakeFault(string call)
    {
        lock (_gate)
        {
            var index = _faults.FindIndex(f => f.PathContains is null || call.Contains(f.PathContains, StringComparison.OrdinalIgnoreCase));
            if (index < 0)
            {
                return null;
            }

            var fault = _faults[index];
            if (fault.Count > 1)
            {
                _faults[index] = fault with { Count = fault.Count - 1 };
            }
            else
            {
                _faults.RemoveAt(index);
            }

            return fault;
        }
    }

    private void Record(string call)
    {
        lock (_gate)
        {
            _calls.Enqueue(call);
            if (_calls.Count > MostCalls)
            {
                _calls.Dequeue();
            }
        }
    }
}
