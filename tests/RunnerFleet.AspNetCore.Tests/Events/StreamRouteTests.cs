using System.Text.Json;
using RunnerFleet.AspNetCore.Events;
using RunnerFleet.AspNetCore.Tests.Hosting;

namespace RunnerFleet.AspNetCore.Tests.Events;

public sealed class StreamRouteTests : IAsyncLifetime
{
    private FleetHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await FleetHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Every_move_is_one_event()
    {
        using var reader = await OpenAsync();
        Assert.Equal("retry: 3000", await LineAsync(reader));
        Assert.Equal(": watching", await LineAsync(reader));
        Assert.Equal("", await LineAsync(reader));
        Assert.Equal(1, _host.Fleet.Watchers); // before the greeting is out, so that nothing is missed after it

        _host.Fleet.Publish(SampleData.Move(1));
        _host.Fleet.Publish(SampleData.Move(2));

        for (var number = 1; number <= 2; number++)
        {
            Assert.Equal("event: move", await LineAsync(reader));
            var data = await LineAsync(reader);
            Assert.StartsWith("data: {", data, StringComparison.Ordinal);
            var move = JsonDocument.Parse(data!["data: ".Length..]).RootElement;
            Assert.Equal(SampleData.RunnerId, move.GetProperty("runnerId").GetString());
            Assert.Equal("STARTING", move.GetProperty("runnerFrom").GetString());
            Assert.Equal("WAITING_FOR_JOB", move.GetProperty("runnerTo").GetString());
            Assert.Equal(41_234_567_890, move.GetProperty("jobId").GetInt64());
            Assert.Equal($"Started\n{number}.", move.GetProperty("cause").GetProperty("message").GetString()); // a line end in a text breaks no event
            Assert.Equal("", await LineAsync(reader));
        }
    }

    [Fact]
    public async Task It_is_an_event_stream_that_nothing_may_keep_or_hold_back()
    {
        using var response = await _host.Client.GetAsync("/api/stream", HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.True(response.Headers.CacheControl?.NoStore);
        Assert.Equal("no", Assert.Single(response.Headers.GetValues("X-Accel-Buffering")));
    }

    [Fact]
    public async Task A_comment_every_15_seconds_keeps_a_quiet_stream_open()
    {
        using var reader = await OpenAsync();
        await SkipGreetingAsync(reader);

        for (var beat = 0; beat < 3; beat++)
        {
            _host.Clock.Advance(StreamRoute.Heartbeat);
            Assert.Equal(":", await LineAsync(reader));
            Assert.Equal("", await LineAsync(reader));
        }
    }

    [Fact]
    public async Task It_ends_when_the_host_stops()
    {
        using var reader = await OpenAsync();
        await SkipGreetingAsync(reader);

        var began = TimeProvider.System.GetTimestamp();
        var stopping = _host.StopAsync();

        Assert.Null(await LineAsync(reader));
        await stopping;
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(15), "the host waited for its streams");
        Assert.Equal(0, _host.Fleet.Watchers);
        _host.LogsAreCalm();
    }

    [Fact]
    public async Task A_reader_that_leaves_is_forgotten()
    {
        (await OpenAsync()).Dispose();

        await Eventually.SoAsync(() => _host.Fleet.Watchers == 0, "nobody watches");
        _host.LogsAreCalm();
    }

    [Fact]
    public async Task A_reader_that_does_not_read_delays_neither_the_fleet_nor_other_readers_nor_the_end()
    {
        await using var slow = await _host.ConnectAsync();
        slow.Socket.ReceiveBufferSize = 1024;
        await slow.WriteAsync("GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        await Eventually.SoAsync(() => _host.Fleet.Watchers == 1, "the slow reader watches");
        using var quick = await OpenAsync();
        await SkipGreetingAsync(quick);

        var large = SampleData.Move() with { Cause = SampleData.Move().Cause with { Message = new string('x', 100_000) } };
        for (var number = 0; number < 200; number++)
        {
            _host.Fleet.Publish(large); // 20 MB: more than sockets hold
            Assert.Equal("event: move", await LineAsync(quick));
            await LineAsync(quick);
            await LineAsync(quick);
        }

        await _host.StopAsync().WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
        Assert.Equal(0, _host.Fleet.Watchers);
    }

    private async Task<StreamReader> OpenAsync() =>
        new(await _host.Client.GetStreamAsync("/api/stream"));

    private static async Task SkipGreetingAsync(StreamReader reader)
    {
        for (var line = 0; line < 3; line++)
        {
            await LineAsync(reader);
        }
    }

    private static async Task<string?> LineAsync(StreamReader reader) => await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
}
