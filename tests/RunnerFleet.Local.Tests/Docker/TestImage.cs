using System.Net.Http.Json;
using System.Security.Cryptography;
using RunnerFleet.Local.Tests.Docker;
using RunnerFleet.Tests;

[assembly: AssemblyFixture(typeof(TestImage))]

namespace RunnerFleet.Local.Tests.Docker;

/// <summary>An image whose containers do what their environment variable <c>BEHAVE</c> says: a line of shell; without it they fail. Made when first needed, removed when the tests are over.</summary>
public sealed class TestImage : IAsyncDisposable
{
    private readonly Lazy<Task<string>> _name = new(MakeAsync);

    public Task<string> NameAsync() => _name.Value;

    public async ValueTask DisposeAsync()
    {
        if (_name.IsValueCreated && _name.Value.IsCompletedSuccessfully)
        {
            using var client = DockerEngine.CreateClient();
            using var answer = await client.DeleteAsync(new Uri($"images/{await _name.Value}?force=1", UriKind.Relative));
        }
    }

    private static async Task<string> MakeAsync()
    {
        await DockerEngine.NeedAsync(DockerEngine.Busybox);
        using var client = DockerEngine.CreateClient();
        var tag = RandomNumberGenerator.GetHexString(8, lowercase: true);
        using var created = await client.PostAsJsonAsync(new Uri($"containers/create?name=rf-launcher-test-{tag}", UriKind.Relative), new { Image = DockerEngine.Busybox, Cmd = new[] { "true" } });
        created.EnsureSuccessStatusCode();
        try
        {
            var config = new { Entrypoint = new[] { "sh", "-c", "eval \"$BEHAVE\"" }, Env = new[] { "BEHAVE=echo nobody said how to behave; exit 44" }, Labels = new Dictionary<string, string> { ["runnerfleet.test"] = "launcher" }, Volumes = new Dictionary<string, object> { ["/scratch"] = new { } } };
            using var committed = await client.PostAsJsonAsync(new Uri($"commit?container=rf-launcher-test-{tag}&repo=rf-launcher-test&tag={tag}", UriKind.Relative), config);
            committed.EnsureSuccessStatusCode();
            return $"rf-launcher-test:{tag}";
        }
        finally
        {
            using var removed = await client.DeleteAsync(new Uri($"containers/rf-launcher-test-{tag}?force=1", UriKind.Relative));
        }
    }
}
