using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.GitHub.Rest;

namespace RunnerFleet.Tests.GitHub;

public sealed class RegistrationPacerTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly RunnerFleetOptions _options = new();
    private readonly RegistrationPacer _pacer;

    public RegistrationPacerTests() => _pacer = new(new FixedOptions(_options), _clock);

    [Fact]
    public void After_the_burst_a_caller_is_told_when_to_come_back_and_gets_it_then()
    {
        _options.GitHub.RegistrationsPerSecond = 2;
        Assert.Equal(RegistrationPacer.Burst, TakeAll());

        Assert.False(_pacer.TryTake(out var wait));
        Assert.Equal(0.5, wait.TotalSeconds, 3);

        _clock.Advance(wait);
        Assert.True(_pacer.TryTake(out _));
        Assert.False(_pacer.TryTake(out _));
    }

    [Fact]
    public void Over_a_long_time_no_more_than_the_rate_gets_through()
    {
        var taken = TakeAll();
        for (var i = 0; i < 600; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(0.1));
            taken += TakeAll();
        }

        Assert.InRange(taken, 180, 180 + RegistrationPacer.Burst);
    }

    [Fact]
    public void A_quiet_time_saves_up_no_more_than_the_burst()
    {
        TakeAll();
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(RegistrationPacer.Burst, TakeAll());
    }

    [Fact]
    public void A_changed_rate_counts_at_once()
    {
        TakeAll();
        _options.GitHub.RegistrationsPerSecond = 100;
        _clock.Advance(TimeSpan.FromSeconds(0.05));
        Assert.Equal(5, TakeAll());
    }

    [Fact]
    public async Task Callers_at_the_same_moment_share_the_burst()
    {
        var taken = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => _pacer.TryTake(out var _))));
        Assert.Equal(RegistrationPacer.Burst, taken.Count(t => t));
    }

    private int TakeAll()
    {
        var taken = 0;
        while (_pacer.TryTake(out _))
        {
            taken++;
        }

        return taken;
    }

    private sealed class FixedOptions(RunnerFleetOptions options) : IOptionsMonitor<RunnerFleetOptions>
    {
        public RunnerFleetOptions CurrentValue => options;

        public RunnerFleetOptions Get(string? name) => options;

        public IDisposable? OnChange(Action<RunnerFleetOptions, string?> listener) => null;
    }
}
