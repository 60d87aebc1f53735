using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using RunnerFleet.Tests;

namespace RunnerFleet.RunnerImage.Tests;

/// <summary><c>runner/Dockerfile</c> on a real engine.</summary>
public sealed class ImageTests(RunnerImage images) : IClassFixture<RunnerImage>
{
    [Fact]
    public async Task In_a_container_without_any_right_a_runner_claims_runs_its_job_and_reports()
    {
        await NeedAsync(DockerEngine.Debian);
        var image = await images.SharedAsync();
        await using var plane = await ControlPlane.StartAsync();
        var container = await images.CreateAsync(image, await plane.LaunchAsync());
        await images.StartAsync(container);

        var code = await images.EndAsync(container);
        var log = await images.LogAsync(container);
        Assert.True(code == 0, log);
        Assert.Equal(["claim 200", "started 204", "completed 204", "exiting 204"], plane.Requests);
        Assert.Contains("user 1001:1001 in /home/runner, home /home/runner\n", log, StringComparison.Ordinal);
        Assert.Contains("CapEff:\t0000000000000000\n", log, StringComparison.Ordinal);
        Assert.Contains("CapBnd:\t0000000000000000\n", log, StringComparison.Ordinal);
        Assert.Contains("NoNewPrivs:\t1\n", log, StringComparison.Ordinal);
        Assert.DoesNotContain("shows the secret", log, StringComparison.Ordinal);
        Assert.DoesNotContain("can be written", log, StringComparison.Ordinal);
        Assert.DoesNotContain("is there", log, StringComparison.Ordinal);

        await images.StartAsync(container);
        Assert.Equal(65, await images.EndAsync(container));
        Assert.Contains("has been started before", await images.LogAsync(container), StringComparison.Ordinal);
        Assert.Equal(4, plane.Requests.Count);
    }

    [Fact]
    public async Task A_stopped_container_ends_in_good_order_and_with_the_listeners_exit_code()
    {
        await NeedAsync(DockerEngine.Debian);
        var image = await images.SharedAsync();
        await using var plane = await ControlPlane.StartAsync();
        var container = await images.CreateAsync(image, (await plane.LaunchAsync()).Append(new("WAITS", "yes")));
        await images.StartAsync(container);
        await Eventually.SoAsync(async () => (await images.LogAsync(container)).Contains("Listening for Jobs", StringComparison.Ordinal), () => "the listener listens");
        await images.StopAsync(container, graceSeconds: 30);

        Assert.Equal(143, await images.EndAsync(container));
        var log = await images.LogAsync(container);
        Assert.Contains("Told to stop (SIGTERM).", log, StringComparison.Ordinal);
        Assert.Contains("exit code 143: it was stopped.", log, StringComparison.Ordinal);
        Assert.Equal(["claim 200", "exiting 204"], plane.Requests);
    }

    [Fact]
    public async Task The_image_says_what_it_is()
    {
        await NeedAsync(DockerEngine.Debian);
        var config = (await images.InspectAsync(await images.SharedAsync()))["Config"]!;

        Assert.Equal(RunnerImage.Version, (string?)config["Labels"]!["org.opencontainers.image.version"]);
        Assert.Equal(DockerEngine.Debian, (string?)config["Labels"]!["org.opencontainers.image.base.name"]);
        Assert.Equal("1001:1001", (string?)config["User"]);
        Assert.Equal(["/bin/sh", "/opt/runnerfleet/entrypoint.sh"], config["Entrypoint"]!.AsArray().Select(part => (string?)part));
        Assert.Contains($"RUNNERFLEET_RUNNER_VERSION={RunnerImage.Version}", config["Env"]!.AsArray().Select(part => (string?)part));
    }

    [Fact]
    public async Task By_hand_and_without_a_secret_it_says_what_it_is_for()
    {
        await NeedAsync(DockerEngine.Debian);
        var container = await images.CreateAsync(await images.SharedAsync(), []);
        await images.StartAsync(container);

        Assert.Equal(64, await images.EndAsync(container));
        Assert.Contains("RunnerFleet starts this image", await images.LogAsync(container), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_that_is_not_in_the_context_is_fetched_and_checked()
    {
        await NeedAsync(DockerEngine.Debian);
        await images.SharedAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var releases = builder.Build();
        releases.MapGet($"/releases/v{RunnerImage.Version}/{RunnerImage.ArchiveName}", () => Results.Bytes(RunnerImage.Archive));
        await releases.StartAsync(TestContext.Current.CancellationToken);

        var (image, log) = await images.BuildAsync(DockerEngine.Debian, withArchive: false, ("RUNNER_URL", releases.Urls.First() + "/releases"));
        Assert.True(image is not null, log);

        (image, log) = await images.BuildAsync(DockerEngine.Debian, withArchive: false, ("RUNNER_URL", releases.Urls.First() + "/elsewhere"));
        Assert.Null(image);
        Assert.Contains("could not be fetched", log, StringComparison.Ordinal);
        Assert.Contains("code: 65", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_with_another_checksum_is_refused()
    {
        await NeedAsync(DockerEngine.Debian);
        await images.SharedAsync();
        var (image, log) = await images.BuildAsync(DockerEngine.Debian, withArchive: true, ("RUNNER_SHA256_X64", new string('0', 64)));

        Assert.Null(image);
        Assert.Contains($"The checksum of {RunnerImage.ArchiveName} is ", log, StringComparison.Ordinal);
        Assert.Contains("code: 65", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_base_that_is_neither_Debian_nor_Ubuntu_is_refused_with_a_sentence()
    {
        await NeedAsync(DockerEngine.Busybox);
        var (image, log) = await images.BuildAsync(DockerEngine.Busybox);

        Assert.Null(image);
        Assert.Contains("The base image must be Debian or Ubuntu; this one is something without /etc/os-release.", log, StringComparison.Ordinal);
        Assert.Contains("code: 65", log, StringComparison.Ordinal);
    }

    private static async Task NeedAsync(string image)
    {
        Assert.SkipUnless(RuntimeInformation.OSArchitecture == Architecture.X64, string.Create(CultureInfo.InvariantCulture, $"The stub archive is for x64, and this machine is {RuntimeInformation.OSArchitecture}."));
        await DockerEngine.NeedAsync(image);
    }
}
