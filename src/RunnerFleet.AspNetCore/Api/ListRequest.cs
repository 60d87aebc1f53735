using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using RunnerFleet.AspNetCore.Http;

namespace RunnerFleet.AspNetCore.Api;

/// <summary>Which page of a list is asked for: <c>?state=A,B&amp;take=50&amp;continuation=…</c>; <c>state</c> may also be repeated.</summary>
/// <typeparam name="TState">A runner's or a job's state.</typeparam>
internal sealed record ListRequest<TState>(IReadOnlyList<TState> States, int Take, string? Continuation)
    where TState : struct, Enum
{
    private const int DefaultTake = 50;
    private const int MaxTake = 200;

    public static (ListRequest<TState>? Request, Problem? Problem) Read(IQueryCollection query)
    {
        var states = new List<TState>();
        foreach (var word in query["state"].SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            if (!StateNames.TryParse<TState>(word, out var state))
            {
                return (null, Bad($"state must be of {string.Join(", ", StateNames.All<TState>())}; several may be given, separated by commas."));
            }

            states.Add(state);
        }

        var take = DefaultTake;
        var asked = query["take"];
        if (!StringValues.IsNullOrEmpty(asked) && (!int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out take) || take is < 1 or > MaxTake))
        {
            return (null, Bad($"take must be one number from 1 to {MaxTake}."));
        }

        var continuation = query["continuation"];
        return continuation.Count > 1
            ? (null, Bad("continuation must be given once."))
            : (new ListRequest<TState>([.. states.Distinct()], take, StringValues.IsNullOrEmpty(continuation) ? null : continuation.ToString()), null);
    }

    private static Problem Bad(string detail) => Problem.Of(StatusCodes.Status400BadRequest, detail);
}

/// <summary>The states as they are spelled outside, such as <c>WAITING_FOR_JOB</c>.</summary>
internal static class StateNames
{
    public static IEnumerable<string> All<TState>() where TState : struct, Enum => Enum.GetNames<TState>().Select(Spell);

    public static bool TryParse<TState>(string text, out TState state)
        where TState : struct, Enum
    {
        foreach (var value in Enum.GetValues<TState>())
        {
            if (string.Equals(Spell(value.ToString()), text, StringComparison.OrdinalIgnoreCase))
            {
                state = value;
                return true;
            }
        }

        state = default;
        return false;
    }

    // WaitingForJob: WAITING_FOR_JOB. A test holds this equal to the names in the records' JSON.
    private static string Spell(string name) =>
        string.Concat(name.Select((letter, at) => at > 0 && char.IsUpper(letter) ? $"_{letter}" : char.ToUpperInvariant(letter).ToString()));
}
