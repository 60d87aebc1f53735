using System.Text.Json;
using RunnerFleet;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace AspNetHost;

/// <summary>Prints each move as one readable line.</summary>
internal sealed class MovePrinter : IFleetObserver
{
    public void OnMove(FleetMove move)
    {
        var who = move.RunnerTo is null ? $"job    {move.Job}" : $"runner {move.RunnerId}";
        var from = move.RunnerTo is null ? Spell(move.JobFrom) : Spell(move.RunnerFrom);
        var to = move.RunnerTo is null ? Spell(move.JobTo) : Spell(move.RunnerTo);
        Console.WriteLine($"{move.At.ToLocalTime():HH:mm:ss.fff}  {who,-36}  {from,15} -> {to,-15}  {move.Cause.Message}");
    }

    private static string Spell(RunnerState? state) => state is { } s ? JsonSerializer.Serialize(s).Trim('"') : "";

    private static string Spell(JobState? state) => state is { } s ? JsonSerializer.Serialize(s).Trim('"') : "";
}
