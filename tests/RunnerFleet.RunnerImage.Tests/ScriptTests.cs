using System.Diagnostics;

namespace RunnerFleet.RunnerImage.Tests;

public sealed class ScriptTests
{
    [Fact]
    public async Task Every_script_is_clean_by_shellcheck()
    {
        ShellTools.Need("shellcheck");
        string[] scripts =
        [
            .. Directory.EnumerateFiles(RunnerFolder.Path, "*.sh", SearchOption.AllDirectories),
            .. Directory.EnumerateFiles(Path.Combine(RunnerFolder.Repository, ".ci")).Where(file => !file.EndsWith(".py", StringComparison.Ordinal)),
        ];
        Assert.True(scripts.Length >= 9, string.Join(", ", scripts));

        using var shellcheck = Process.Start(new ProcessStartInfo("shellcheck", scripts) { RedirectStandardOutput = true })!;
        var complaints = await shellcheck.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await shellcheck.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal("", complaints);
        Assert.Equal(0, shellcheck.ExitCode);
    }
}
