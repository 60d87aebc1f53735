using System.Reflection;
using RunnerFleet.Testing.GitHub;

namespace AspNetHost;

/// <summary>What the demo needs besides when its runners are containers: an image whose runner speaks to the demo's GitHub, and a way from the container to this host's loopback address.</summary>
internal static class DemoImage
{
    public static void Prepare(DockerOptions docker, string folder)
    {
        docker.Network = "host";
        docker.Images = "build";
        var source = docker.ContextFolder ?? Path.Combine(Path.GetDirectoryName(Assembly.GetEntryAssembly()!.Location)!, "runner");
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
        }

        docker.ContextFolder = folder;
        docker.BuildArguments["RUNNER_VERSION"] = StandInRunnerArchive.Version;
        Directory.CreateDirectory(Path.Combine(folder, "archive"));
        foreach (var architecture in new[] { "x64", "arm64" })
        {
            using var archive = File.Create(Path.Combine(folder, "archive", StandInRunnerArchive.FileName(architecture)));
            StandInRunnerArchive.WriteTo(archive);
            docker.BuildArguments[$"RUNNER_SHA256_{architecture.ToUpperInvariant()}"] = StandInRunnerArchive.Sha256;
        }
    }
}
