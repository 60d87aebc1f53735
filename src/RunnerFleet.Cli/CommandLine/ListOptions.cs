using System.CommandLine;
using RunnerFleet.Cli.Output;

namespace RunnerFleet.Cli.CommandLine;

/// <summary>Which records to list, and how many.</summary>
/// <typeparam name="TState">A runner's or a job's state.</typeparam>
internal sealed class ListOptions<TState>
    where TState : struct, Enum
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 100_000;

    private readonly IReadOnlyList<TState> _shownAtFirst;
    private readonly Option<string[]> _states;
    private readonly Option<bool> _all;
    private readonly Option<int> _limit = new("--limit", "-n") { Description = $"At most so many, 1 to {MaxLimit}.", DefaultValueFactory = _ => DefaultLimit, HelpName = "NUMBER" };

    /// <param name="command">Takes the options.</param>
    /// <param name="shownAtFirst">The states that are listed where none is asked for.</param>
    /// <param name="all">What <c>--all</c> adds, in words.</param>
    public ListOptions(Command command, IReadOnlyList<TState> shownAtFirst, string all)
    {
        _shownAtFirst = shownAtFirst;
        _states = new("--state", "-s") { Description = $"Only these states; may be repeated. One of {string.Join(", ", StateWords.All<TState>())}.", HelpName = "STATE" };
        _states.CompletionSources.Add([.. StateWords.All<TState>()]);
        _all = new("--all", "-a") { Description = all };
        _states.Validators.Add(result =>
        {
            foreach (var word in Split(result.GetValueOrDefault<string[]>()).Where(word => StateWords.Find<TState>(word) is null))
            {
                result.AddError($"--state {ShownText.OneLine(word)} is none of {string.Join(", ", StateWords.All<TState>())}.");
            }
        });
        _limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > MaxLimit)
            {
                result.AddError($"--limit must be 1 to {MaxLimit}.");
            }
        });
        command.Add(_states);
        command.Add(_all);
        command.Add(_limit);
    }

    public IReadOnlyList<TState> States(ParseResult parsed) =>
        parsed.GetValue(_states) is { Length: > 0 } asked ? [.. Split(asked).Select(word => StateWords.Find<TState>(word)!.Value).Distinct()] : parsed.GetValue(_all) ? [] : _shownAtFirst;

    public int Limit(ParseResult parsed) => parsed.GetValue(_limit);

    /// <summary>Whether the default choice of states holds, so that a list may be empty because of it.</summary>
    public bool ShowsDefault(ParseResult parsed) => States(parsed) == _shownAtFirst;

    private static IEnumerable<string> Split(string[]? values) => (values ?? []).SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
