namespace RunnerFleet.RunnerImage.Tests;

/// <summary>The folder <c>runner/</c> of the repository that these tests were built in.</summary>
internal static class RunnerFolder
{
    public static string Repository { get; } = FindRoot();

    public static string Path { get; } = System.IO.Path.Combine(Repository, "runner");

    public static string File(string name) => System.IO.Path.Combine(Path, name);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (System.IO.File.Exists(System.IO.Path.Combine(folder.FullName, "RunnerFleet.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("RunnerFleet.sln is in no folder above this test.");
    }
}
