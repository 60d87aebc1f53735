using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RunnerFleet.Aws.Secrets;

/// <summary>The values of all references that are in use. A value stays until a newer one is read; a failure is never kept.</summary>
internal sealed class SecretValues(SecretReader reader, SecretChanges changes, IOptions<AwsSecretOptions> options, TimeProvider clock, ILogger<SecretValues> logger)
{
    private static readonly TimeSpan FirstRead = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan NextRead = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<SecretReference, string> _values = [];
    private readonly Dictionary<SecretReference, string> _failures = [];
    private readonly HashSet<SecretReference> _ofOthers = [];
    private HashSet<SecretReference> _missing = [];
    private DateTimeOffset _readAgainAt;
    private Task? _reading;

    private bool IsInUse => _values.Count + _missing.Count > 0;

    /// <summary>When a refresh will read again; meanwhile it does nothing.</summary>
    public TimeSpan UntilNextRead
    {
        get
        {
            lock (_gate)
            {
                return !IsInUse ? TimeSpan.FromSeconds(options.Value.RefreshSeconds) : _readAgainAt - clock.GetUtcNow();
            }
        }
    }

    /// <summary>The values of what the fleet's settings refer to now; those that were not known are read. What the settings no longer refer to is forgotten.</summary>
    public IReadOnlyDictionary<SecretReference, SecretFinding> OfSettings(IReadOnlyCollection<SecretReference> references)
    {
        var findings = Of(references);
        lock (_gate)
        {
            // The settings that are missing something are not taken; those before stay, and with them what they refer to.
            _missing = [.. findings.Where(f => f.Value.Value is null).Select(f => f.Key)];
            if (_missing.Count > 0)
            {
                _readAgainAt = clock.GetUtcNow() + RetryDelay;
                return findings;
            }

            foreach (var unused in _values.Keys.Where(r => !findings.ContainsKey(r) && !_ofOthers.Contains(r)).ToList())
            {
                _values.Remove(unused);
                _failures.Remove(unused);
            }
        }

        return findings;
    }

    /// <summary>The value of one reference; one that was not known is read.</summary>
    public SecretFinding Of(SecretReference reference)
    {
        lock (_gate)
        {
            _ofOthers.Add(reference);
        }

        return Of([reference])[reference];
    }

    /// <summary>Reads again what is old. Many at once make one read; none of them cancels it for the others.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        Task reading;
        lock (_gate)
        {
            if (!IsInUse || clock.GetUtcNow() < _readAgainAt)
            {
                return;
            }

            if (_reading is null or { IsCompleted: true })
            {
                _reading = ReadAgainAsync([.. _values.Keys.Union(_missing)]);
            }

            reading = _reading;
        }

        await reading.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private Dictionary<SecretReference, SecretFinding> Of(IReadOnlyCollection<SecretReference> references)
    {
        Dictionary<SecretReference, SecretFinding> findings;
        lock (_gate)
        {
            findings = references.Distinct().Where(_values.ContainsKey).ToDictionary(r => r, r => new SecretFinding(_values[r], null));
        }

        var unknown = references.Except(findings.Keys).ToList();
        if (unknown.Count == 0)
        {
            return findings;
        }

        // Options are made where nobody can await: while routes are mapped, by validation at start, in a container that is never started. So the maker is held up, once.
        foreach (var (reference, finding) in Task.Run(() => reader.ReadAsync(unknown, FirstRead)).GetAwaiter().GetResult())
        {
            findings[reference] = finding;
        }

        lock (_gate)
        {
            if (_values.Count == 0)
            {
                _readAgainAt = clock.GetUtcNow().AddSeconds(options.Value.RefreshSeconds);
            }

            foreach (var reference in unknown.Where(r => findings[r].Value is not null))
            {
                _values[reference] = findings[reference].Value!;
            }
        }

        return findings;
    }

    private async Task ReadAgainAsync(IReadOnlyCollection<SecretReference> references)
    {
        try
        {
            if (Take(await reader.ReadAsync(references, NextRead).ConfigureAwait(false)) is > 0 and var count)
            {
                logger.Changed(count);
                changes.Raise();
            }
        }
#pragma warning disable CA1031 // whoever follows the settings may fail on them
        catch (Exception e)
#pragma warning restore CA1031
        {
            logger.RefreshFailed(e);
        }
    }

    /// <returns>How many values changed.</returns>
    private int Take(IReadOnlyDictionary<SecretReference, SecretFinding> findings)
    {
        var changed = 0;
        lock (_gate)
        {
            foreach (var (reference, finding) in findings.Where(f => _values.ContainsKey(f.Key) || _missing.Contains(f.Key)))
            {
                if (finding.Value is { } value)
                {
                    changed += _values.GetValueOrDefault(reference) == value ? 0 : 1;
                    _values[reference] = value;
                    _failures.Remove(reference);
                }
                else if (_failures.GetValueOrDefault(reference) != finding.Failure)
                {
                    _failures[reference] = finding.Failure!;
                    logger.NotReadAgain(reference.Text, finding.Failure!);
                }
            }

            var wait = TimeSpan.FromSeconds(options.Value.RefreshSeconds);
            _readAgainAt = clock.GetUtcNow() + (findings.Values.All(f => f.Value is not null) || wait < RetryDelay ? wait : RetryDelay);
        }

        return changed;
    }
}
