using System.Diagnostics;

namespace RunnerFleet.TestProcesses.Crash;

/// <summary>The moments before and after each side effect, by name and number. At the one that <c>CRASH_AT</c> names (<c>name #n</c>, or <c>#n</c> for the n-th of all) this process kills itself; <c>CRASH_POINTS</c> is a file that names each as it is passed.</summary>
internal sealed class CrashPoints
{
    private readonly string? _at = Environment.GetEnvironmentVariable("CRASH_AT");
    private readonly string? _file = Environment.GetEnvironmentVariable("CRASH_POINTS");
    private readonly Dictionary<string, int> _passed = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private int _total;

    public async Task<T> AroundAsync<T>(string name, Func<Task<T>> act, Func<T, bool>? hadEffect = null)
    {
        Pass($"{name} before");
        var result = await act().ConfigureAwait(false);
        if (hadEffect?.Invoke(result) != false)
        {
            Pass($"{name} after");
        }

        return result;
    }

    private void Pass(string name)
    {
        lock (_lock)
        {
            _total++;
            var number = _passed[name] = _passed.GetValueOrDefault(name) + 1;
            var point = FormattableString.Invariant($"{name} #{number}");
            if (_file is not null)
            {
                File.AppendAllLines(_file, [point]);
            }

            if (_at == point || _at == FormattableString.Invariant($"#{_total}"))
            {
                using var me = Process.GetCurrentProcess();
                me.Kill(); // SIGKILL: nothing is flushed and nothing is told; with the lock held nothing passes a point any more
                Thread.CurrentThread.Join(); // waits for itself
            }
        }
    }
}
