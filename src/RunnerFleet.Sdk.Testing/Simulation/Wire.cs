namespace RunnerFleet.Testing.Simulation;

/// <summary>What can happen to a call between a host and the outside.</summary>
internal enum Fate
{
    Answered,
    LostBefore,
    LostAfter,
    Hangs,
}

/// <summary>Carries calls from hosts to the outside and back: late, lost on the way there, lost on the way back, or never answered.</summary>
internal sealed class Wire(World world)
{
    // Besides the crashes of the story: so often, in thousandths, a host dies just before a call takes effect, or just after.
    private const int CrashPerMille = 2;

    private static readonly TimeSpan s_longestBack = TimeSpan.FromMinutes(3);
    private readonly SimulatedTime _time = world.Time;
    private readonly Chance _chance = world.Chance;
    private readonly EventLog _log = world.Log;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10); // a call may also fail at once, as when a connection is refused

    /// <param name="host">Who calls. Once it is dead no answer reaches it, but what it sent may still take effect.</param>
    /// <param name="what">For the log.</param>
    /// <param name="longest">How long the way there may take.</param>
    /// <param name="perMille">How often it goes wrong.</param>
    /// <param name="effect">What happens outside.</param>
    /// <param name="lost">What the caller sees when nothing comes back; may throw.</param>
    /// <param name="mayHang">Whether the answer may stay away for ever, which only calls with a limit of time of the engine's own can bear.</param>
    public Task<T> CallAsync<T>(SimulatedHost host, string what, TimeSpan longest, int perMille, Func<T> effect, Func<T> lost, bool mayHang = false)
    {
        if (!_time.IsHere(what))
        {
            return new TaskCompletionSource<T>().Task;
        }

        var crash = _chance.Fault(CrashPerMille) ? 1 + _chance.Pick(2) : 0;
        var fate = _chance.Fault(perMille) ? (Fate)(1 + _chance.Pick(mayHang ? 3 : 2)) : Fate.Answered;
        var reply = new TaskCompletionSource<T>();
        _time.After(_chance.Time(longest), () =>
        {
            if (crash == 1 && !host.IsDead)
            {
                _log.Add($"{host.Name} {what}: not sent");
                world.Trouble("host dies before a call");
                world.Crash(host, _chance.Time(s_longestBack));
                return;
            }

            if (fate == Fate.LostBefore)
            {
                _log.Add($"{host.Name} {what}: lost on the way");
                world.Trouble("call lost");
                Later(host, reply, lost, _chance.Time(Timeout));
                return;
            }

            T result;
            try
            {
                result = effect();
            }
            catch (Exception e) when (e is not PromiseBrokenException)
            {
                _log.Add($"{host.Name} {what}: {e.GetType().Name}");
                Later(host, reply, () => throw e, TimeSpan.Zero);
                return;
            }

            _log.Add($"{host.Name} {what}: {(fate == Fate.Answered ? "" : $"{fate}, ")}{Shown.Of(result)}");
            if (crash == 2)
            {
                world.Trouble("host dies after a call");
                world.Crash(host, _chance.Time(s_longestBack));
            }

            switch (fate)
            {
                case Fate.Answered when !host.IsDead:
                    reply.SetResult(result);
                    break;
                case Fate.Hangs:
                    world.Trouble("call never answered");
                    break;
                case Fate.LostAfter:
                    world.Trouble("answer lost after the effect");
                    Later(host, reply, lost, _chance.Time(Timeout));
                    break;
            }
        });
        return reply.Task;
    }

    private void Later<T>(SimulatedHost host, TaskCompletionSource<T> reply, Func<T> answer, TimeSpan wait) => _time.After(wait, () =>
    {
        if (host.IsDead)
        {
            return;
        }

        try
        {
            reply.SetResult(answer());
        }
        catch (Exception e) when (e is not PromiseBrokenException)
        {
            reply.SetException(e);
        }
    });
}

/// <summary>A promise to users was broken: the run ends here.</summary>
internal sealed class PromiseBrokenException(int number, string message) : Exception($"Promise {number}: {message}")
{
    public int Number { get; } = number;
}
