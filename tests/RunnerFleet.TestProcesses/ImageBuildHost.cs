using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RunnerFleet.Images;
using RunnerFleet.Local.Docker;

namespace RunnerFleet.TestProcesses;

/// <summary>A host that begins to build one image, says so, and waits to be killed. Ends with the test that started it: its input then ends.</summary>
internal static class ImageBuildHost
{
    public static async Task<int> RunAsync(string[] args)
    {
        var options = new DockerImageOptions { ContextFolder = args[0], LogFolder = args[1], Repository = args[2] };
        using var builder = new DockerImageBuilder(Options.Create(options), TimeProvider.System, NullLogger<DockerImageBuilder>.Instance);
        var outcome = await builder.EnsureAsync(new ImageRequest { BaseImage = args[3], Architecture = args[4] }, CancellationToken.None);
        Console.WriteLine(outcome.GetType().Name);
        await Console.In.ReadToEndAsync();
        return 0;
    }
}
