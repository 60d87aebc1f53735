using Microsoft.Extensions.Options;

namespace RunnerFleet.GitHub.Rest;

/// <summary>Paces registrations below GitHub's secondary limit: a token bucket of <see cref="GitHubOptions.RegistrationsPerSecond"/>. A changed rate counts at once.</summary>
internal sealed class RegistrationPacer(IOptionsMonitor<RunnerFleetOptions> options, TimeProvider clock)
{
    /// <summary>How many registrations may follow each other at once after a quiet time.</summary>
    public const int Burst = 10;

    private readonly Lock _gate = new();
    private double _tokens = Burst;
    private long _filledAt = clock.GetTimestamp();

    /// <summary>Takes leave for one registration, or says when to ask again.</summary>
    public bool TryTake(out TimeSpan retryAfter)
    {
        var rate = options.CurrentValue.GitHub.RegistrationsPerSecond;
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            var passed = clock.GetElapsedTime(_filledAt, now).TotalSeconds;
            _tokens = Math.Min(Burst, _tokens + (Math.Max(0, passed) * rate));
            _filledAt = now;

            // Sums of fractions miss a whole number by a hair; without the allowance a caller would be told to come back after nothing.
            if (_tokens >= 1 - 1e-6)
            {
                _tokens -= 1;
                retryAfter = TimeSpan.Zero;
                return true;
            }

            retryAfter = TimeSpan.FromSeconds((1 - _tokens) / rate);
            return false;
        }
    }
}
