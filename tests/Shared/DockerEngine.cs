using System.Net.Sockets;

namespace RunnerFleet.Tests;

/// <summary>
/// The Docker engine that tests run against: the one of <c>DOCKER_HOST</c>, else the machine's own. <c>.ci/engine</c> starts one with the images below.
/// Without an engine, or without an image, a test is skipped and says so; where <c>RUNNERFLEET_TEST_REQUIRE</c> names docker, as in CI, it fails instead.
/// </summary>
internal static class DockerEngine
{
    /// <summary>A shell and little else, 2 MB.</summary>
    public const string Busybox = "busybox:local";

    /// <summary>A bare Debian 12, whose packages can be installed.</summary>
    public const string Debian = "debian:bookworm";

    /// <summary>moto behind what LocalStack answers: <c>.ci/aws image</c> makes it.</summary>
    public const string LocalStack = "localstack-moto:slim";

    private static readonly Lazy<Task<string?>> s_trouble = new(LookAsync);

    /// <summary>Where the engine listens.</summary>
    public static Uri Endpoint { get; } = new(Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } given ? given : "unix:///var/run/docker.sock");

    /// <summary>The path of the engine's socket.</summary>
    public static string SocketPath => Endpoint.LocalPath;

    /// <summary>Skips the test where there is no engine, or fails it where one is required.</summary>
    public static async Task NeedAsync(params string[] images)
    {
        var trouble = await s_trouble.Value;
        foreach (var image in images)
        {
            trouble ??= await HasAsync(image) ? null : $"The Docker engine at {Endpoint} has no image {image}: {(image == LocalStack ? ".ci/aws image" : ".ci/engine")} makes it.";
        }

        Need(trouble);
    }

    /// <summary>Skips the test, or fails it where an engine is required, unless there is no trouble.</summary>
    public static void Need(string? trouble)
    {
        if (trouble is not null && Environment.GetEnvironmentVariable("RUNNERFLEET_TEST_REQUIRE") is { } required && required.Split(',').Contains("docker"))
        {
            Assert.Fail(trouble);
        }

        Assert.SkipUnless(trouble is null, trouble ?? "");
    }

    /// <summary>Speaks to the engine directly, without the code under test.</summary>
    public static HttpClient CreateClient() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    }) { BaseAddress = new Uri("http://docker/v1.41/"), Timeout = TimeSpan.FromMinutes(2) };

    private static async Task<string?> LookAsync()
    {
        if (Endpoint.Scheme != "unix")
        {
            return $"The tests reach a Docker engine by a unix socket only, not at {Endpoint}.";
        }

        try
        {
            using var client = CreateClient();
            using var answer = await client.GetAsync(new Uri("version", UriKind.Relative));
            return answer.IsSuccessStatusCode ? null : $"The Docker engine at {Endpoint} answered {(int)answer.StatusCode}.";
        }
        catch (HttpRequestException exception)
        {
            return $"There is no Docker engine at {Endpoint}: {exception.Message}";
        }
    }

    private static async Task<bool> HasAsync(string image)
    {
        using var client = CreateClient();
        using var answer = await client.GetAsync(new Uri($"images/{image}/json", UriKind.Relative));
        return answer.IsSuccessStatusCode;
    }
}
