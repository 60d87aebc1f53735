using System.Diagnostics;
using System.Reflection;

namespace RunnerFleet.Hosts.Tests;

/// <summary>The load of <c>bench -- load</c>, small: what it finds wrong is its exit code. How fast it is is not asked here.</summary>
public sealed class LoadTests
{
    [Fact]
    public async Task Of_jobs_that_come_all_at_once_none_is_lost_none_is_launched_twice_and_no_limit_is_passed()
    {
        var program = Path.GetFullPath(typeof(LoadTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Bench").Value!);
        var start = new ProcessStartInfo(HostProcess.Dotnet, [program, "load", "--jobs", "100", "--limit", "20", "--run-ms", "50"]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var bench = Process.Start(start)!;
        try
        {
            var output = bench.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var errors = bench.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await bench.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(bench.ExitCode == 0, $"{await output}{await errors}");
            Assert.Contains("100 jobs, 300 webhooks: none lost, one launch each", (await output).TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
        }
        finally
        {
            if (!bench.HasExited)
            {
                bench.Kill(); // the host that it started ends with it
            }
        }
    }
}
