using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Compute;
using RunnerFleet.Local.Processes;

namespace RunnerFleet.Local.Tests.Processes;

public sealed class ClaimTests : IAsyncLifetime
{
    private ProcessWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await ProcessWorld.CreateAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task The_runner_claims_with_its_secret_and_reports_with_its_token()
    {
        var launcher = _world.CreateLauncher();
        var request = _world.Request("job");
        var id = request.Identity.RunnerId;

        var compute = await ProcessWorld.LaunchAsync(launcher, request);
        await ProcessWorld.EventuallyAsync(() => _world.ControlPlane.Reports.Count == 1);
        await launcher.StopAsync(compute, "the test has seen enough", CancellationToken.None);
        var ended = await ProcessWorld.UntilAsync(launcher, compute, ComputeStatus.Stopped);

        Assert.Equal([(ProcessWorld.ClaimSecret, id, 1)], _world.ControlPlane.Claims);
        Assert.Equal([(ControlPlaneStub.ReportToken, id, "started"), (ControlPlaneStub.ReportToken, id, "exiting")], _world.ControlPlane.Reports);
        Assert.Equal("Stopped: the test has seen enough", ended.End?.Reason);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(143, ended.End?.ExitCode); // it was asked with SIGTERM, and ended by itself
        }
    }

    [Fact]
    public async Task A_busy_control_plane_is_asked_again_when_it_said()
    {
        _world.ControlPlane.ClaimAnswer = n => n < 3 ? TypedResults.StatusCode(503) : null;
        var launcher = _world.CreateLauncher();

        var compute = await ProcessWorld.LaunchAsync(launcher, _world.Request("exit 0"));
        var ended = await ProcessWorld.UntilAsync(launcher, compute, ComputeStatus.Stopped);

        Assert.Equal(0, ended.End?.ExitCode);
        Assert.Equal(3, _world.ControlPlane.Claims.Count);
        Assert.True(ended.End?.At - ended.StartedAt >= TimeSpan.FromSeconds(2), "Retry-After was not minded.");
    }

    [Theory]
    [InlineData(410, "(410)")]
    [InlineData(401, "(401)")]
    public async Task A_refused_claim_ends_the_compute_with_the_reason(int status, string reason)
    {
        _world.ControlPlane.ClaimAnswer = _ => TypedResults.StatusCode(status);
        var launcher = _world.CreateLauncher();
        var request = _world.Request("wait");

        var compute = await ProcessWorld.LaunchAsync(launcher, request);
        var ended = await ProcessWorld.UntilAsync(launcher, compute, ComputeStatus.Stopped);

        Assert.Null(ended.End?.ExitCode);
        Assert.Contains(reason, ended.End?.Reason, StringComparison.Ordinal);
        Assert.Contains(reason, await File.ReadAllTextAsync(_world.Folder(request.Identity).LogFile), StringComparison.Ordinal);
        Assert.Single(_world.ControlPlane.Claims);
    }

    [Fact]
    public async Task A_control_plane_that_is_away_is_waited_for()
    {
        var port = FreePort();
        _world.Url = $"http://127.0.0.1:{port}";
        var launcher = _world.CreateLauncher();
        var request = _world.Request("exit 5");

        var compute = await ProcessWorld.LaunchAsync(launcher, request);
        await ProcessWorld.EventuallyAsync(() => LogOf(request).Contains("cannot be reached", StringComparison.Ordinal));
        await using var back = await ControlPlaneStub.StartAsync(port);
        var ended = await ProcessWorld.UntilAsync(launcher, compute, ComputeStatus.Stopped);

        Assert.Equal(5, ended.End?.ExitCode);
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_the_claim()
    {
        _world.ControlPlane.ClaimAnswer = _ => TypedResults.StatusCode(503);
        var launcher = _world.CreateLauncher();

        var compute = await ProcessWorld.LaunchAsync(launcher, _world.Request("wait"));
        await ProcessWorld.EventuallyAsync(() => _world.ControlPlane.Claims.Count > 0);
        await launcher.StopAsync(compute, "no job any more", CancellationToken.None);
        var ended = await ProcessWorld.UntilAsync(launcher, compute, ComputeStatus.Stopped);

        Assert.Equal("Stopped before the runner started: no job any more", ended.End?.Reason);
    }

    [Fact]
    public async Task A_claim_that_is_never_answered_is_given_up_after_ten_minutes()
    {
        _world.Url = $"http://127.0.0.1:{FreePort()}";
        var request = _world.Request("wait");
        var clock = new FakeTimeProvider();
        using var client = new ControlPlaneClient(new HandOver { Identity = request.Identity, Environment = request.Environment, Command = [], StopGraceSeconds = 1 }, clock);

        var claim = client.ClaimAsync(_ => { }, CancellationToken.None);
        await ProcessWorld.EventuallyAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(5));
            return claim.IsCompleted;
        });

        var result = await claim;
        Assert.Equal(SupervisorExitCodes.ClaimTimedOut, result.ExitCode);
        Assert.StartsWith("No registration within 10 minutes.", result.Reason, StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string LogOf(LaunchRequest request)
    {
        try
        {
            return File.ReadAllText(_world.Folder(request.Identity).LogFile);
        }
        catch (FileNotFoundException)
        {
            return "";
        }
    }
}
