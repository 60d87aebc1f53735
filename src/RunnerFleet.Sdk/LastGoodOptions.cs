using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Provisioning;

namespace RunnerFleet;

/// <summary>Settings may be reloaded while the fleet runs. Ones that are not valid are refused with a log line, and the last good ones stay in force.</summary>
internal sealed class LastGoodOptions(
    IOptionsFactory<RunnerFleetOptions> factory,
    IEnumerable<IOptionsChangeTokenSource<RunnerFleetOptions>> sources,
    IOptionsMonitorCache<RunnerFleetOptions> cache,
    ILogger<LastGoodOptions> logger) : IOptionsMonitor<RunnerFleetOptions>, IDisposable
{
    private readonly OptionsMonitor<RunnerFleetOptions> _monitor = new(factory, sources, cache);
    private RunnerFleetOptions? _lastGood;
    private string? _lastFailure;

    public RunnerFleetOptions CurrentValue => Get(Options.DefaultName);

    public RunnerFleetOptions Get(string? name)
    {
        try
        {
            return _lastGood = _monitor.Get(name);
        }
        catch (OptionsValidationException e) when (_lastGood is not null)
        {
            if (_lastFailure != e.Message)
            {
                _lastFailure = e.Message;
                logger.SettingsRefused(e.Message);
            }

            return _lastGood;
        }
    }

    public IDisposable? OnChange(Action<RunnerFleetOptions, string?> listener) => _monitor.OnChange(listener);

    public void Dispose() => _monitor.Dispose();
}
