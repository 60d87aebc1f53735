namespace RunnerFleet.Docs.Tests;

/// <summary>The repository that this test was built in.</summary>
internal static class Repository
{
    private static readonly string[] NotOurs = ["bin", "obj", "artifacts", "TestResults", "node_modules", "BenchmarkDotNet.Artifacts"];

    public static string Root { get; } = FindRoot();

    /// <summary>All documents, as paths from the root.</summary>
    public static IReadOnlyList<string> Documents { get; } = FilesOf(Root, "*.md");

    /// <summary>All sources, as paths from the root.</summary>
    public static IReadOnlyList<string> Sources { get; } =
        [.. new[] { "src", "samples", "tests" }.SelectMany(folder => FilesOf(Path.Combine(Root, folder), "*.cs"))];

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path)).ReplaceLineEndings("\n");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "RunnerFleet.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("RunnerFleet.sln is in no folder above this test.");
    }

    private static IReadOnlyList<string> FilesOf(string folder, string pattern)
    {
        var files = Directory.EnumerateFiles(folder, pattern).Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'));
        var folders = Directory.EnumerateDirectories(folder)
            .Where(f => Path.GetFileName(f) is { } name && !name.StartsWith('.') && !NotOurs.Contains(name) && new DirectoryInfo(f).LinkTarget is null);
        return [.. files.Concat(folders.SelectMany(f => FilesOf(f, pattern))).Order(StringComparer.Ordinal)];
    }
}
