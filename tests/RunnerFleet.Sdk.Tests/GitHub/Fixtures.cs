namespace RunnerFleet.Tests.GitHub;

/// <summary>Files that nobody on this project wrote; where they are not at hand, a test says so and is skipped.</summary>
internal static class Fixtures
{
    public static string Find(params string[] path)
    {
        var root = Environment.GetEnvironmentVariable("RUNNERFLEET_FIXTURES") ?? Path.Combine(RepositoryRoot(), "..", "shared", "fixtures");
        var file = Path.Combine([root, .. path]);
        Assert.SkipUnless(File.Exists(file), $"{file} is not there; RUNNERFLEET_FIXTURES may name another folder.");
        return file;
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "RunnerFleet.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? AppContext.BaseDirectory;
    }
}
