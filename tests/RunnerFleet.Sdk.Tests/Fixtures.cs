namespace RunnerFleet.Sdk.Tests;

/// <summary>Payloads that nobody on this project wrote. They lie beside the repository, or where <c>RUNNERFLEET_FIXTURES</c> says; tests that need them are skipped where they are absent.</summary>
internal static class Fixtures
{
    private const string Variable = "RUNNERFLEET_FIXTURES";

    /// <summary>The folder that holds <c>RunnerFleet.sln</c>.</summary>
    internal static string RepositoryRoot { get; } = FindRepositoryRoot();

    /// <summary>Reads a fixture, or skips the test.</summary>
    internal static byte[] Read(string folder, string file)
    {
        var path = Path.Combine(Folder(folder), file);
        Assert.SkipUnless(File.Exists(path), $"The fixture {path} is not there; {Variable} may name the folder of the fixtures.");
        return File.ReadAllBytes(path);
    }

    /// <summary>Lists the files of a folder, or skips the test.</summary>
    internal static IReadOnlyList<string> List(string folder, string pattern)
    {
        var path = Folder(folder);
        Assert.SkipUnless(Directory.Exists(path), $"The fixtures {path} are not there; {Variable} may name their folder.");
        return [.. Directory.EnumerateFiles(path, pattern).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
    }

    private static string Folder(string folder) =>
        Path.GetFullPath(Path.Combine(Environment.GetEnvironmentVariable(Variable) ?? Path.Combine(RepositoryRoot, "..", "shared", "fixtures"), folder));

    private static string FindRepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "RunnerFleet.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds RunnerFleet.sln.");
    }
}
