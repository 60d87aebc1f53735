namespace RunnerFleet.Aws.Tests.CodeBuild;

/// <summary>The repository that these tests are part of.</summary>
internal static class Repository
{
    /// <summary>The folder that holds <c>RunnerFleet.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
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
