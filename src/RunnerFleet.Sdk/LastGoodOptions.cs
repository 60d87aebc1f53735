using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Provisioning;

namespace RunnerFleet;

/// <summary>Settings may be reloaded while the fleet runs. Ones that are not valid are refused with a log line, and the last good ones stay in force; at start, when there are none, the host does not start.</summary>
internal sealed class LastGoodOptions(
    IEnumerable<IConfigureOptions<RunnerFleetOptions>> setups,
    IEnumerable<IPostConfigureOptions<RunnerFleetOptions>> postConfigures,
    IEnumerable<IValidateOptions<RunnerFleetOptions>> validations,
    IOptionsMonitorCache<RunnerFleetOptions> cache,
    ILogger<LastGoodOptions> logger) : IOptionsFactory<RunnerFleetOptions>
{
    private readonly OptionsFactory<RunnerFleetOptions> _factory = new(setups, postConfigures, validations);
    private volatile RunnerFleetOptions? _lastGood;

    public RunnerFleetOptions Create(string name)
    {
        try
        {
            return _lastGood = _factory.Create(name);
        }
        catch (OptionsValidationException e) when (_lastGood is not null)
        {
            logger.SettingsRefused(e.Message);
            return _lastGood;
        }
#pragma warning disable CA1031 // a value that cannot be read (a word where a number belongs) is no reason to stop a running fleet
        catch (Exception e) when (_lastGood is not null)
#pragma warning restore CA1031
        {
            logger.SettingsRefused($"a value could not be read ({e.GetType().Name})"); // its text may be a secret in the wrong place
            return _lastGood;
        }
        catch
        {
            cache.TryRemove(name); // else it keeps the failure for good, and what failed may pass: a secret that could not be read
            throw;
        }
    }
}
