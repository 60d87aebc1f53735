namespace RunnerFleet.RunnerImage.Tests;

/// <summary>The programs these tests run. Without them a test is skipped and says so; where <c>RUNNERFLEET_TEST_REQUIRE</c> is set, as in CI, it fails instead.</summary>
internal static class ShellTools
{
    public static void Need(params IReadOnlyList<string> programs)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The runner image is for Linux, and so is its entry point.");
        var missing = programs.Where(program => PathOf(program) is null).ToList();
        var trouble = $"Not installed on this machine: {string.Join(", ", missing)}.";
        if (missing.Count > 0 && Environment.GetEnvironmentVariable("RUNNERFLEET_TEST_REQUIRE") is { Length: > 0 })
        {
            Assert.Fail(trouble);
        }

        Assert.SkipUnless(missing.Count == 0, trouble);
    }

    /// <summary>What the entry point, its hooks and the listener of these tests use.</summary>
    public static void NeedEntryPoint() => Need("sh", "bash", "curl", "jq", "perl");

    public static string? PathOf(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
