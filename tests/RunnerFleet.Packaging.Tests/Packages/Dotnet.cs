using System.Diagnostics;

namespace RunnerFleet.Packaging.Tests.Packages;

/// <summary>Runs the <c>dotnet</c> command as a user would: with none of the settings of the build that runs these tests.</summary>
internal static class Dotnet
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly string[] FromTheBuildAround = ["MSBUILD", "TESTINGPLATFORM", "VSTEST", "DOTNET_CLI_TEST", "NUGET_PACKAGES", "CI", "TF_BUILD", "GITHUB_ACTIONS"];

    private static string Host => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";

    public static Task<DotnetResult> RunAsync(string folder, params string[] arguments) => RunAsync(Host, folder, arguments);

    /// <summary>Runs a script that calls <c>dotnet</c> itself.</summary>
    public static Task<DotnetResult> RunBashAsync(string folder, params string[] arguments) => RunAsync("bash", folder, arguments);

    private static async Task<DotnetResult> RunAsync(string command, string folder, string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => FromTheBuildAround.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        if (Path.GetDirectoryName(Host) is { Length: > 0 } tools)
        {
            start.Environment["PATH"] = tools + Path.PathSeparator + start.Environment["PATH"];
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1"; // no build server outlives the test

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var deadline = new CancellationTokenSource(Patience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, TestContext.Current.CancellationToken);
        try
        {
            await process.WaitForExitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            throw new TimeoutException($"'{Path.GetFileName(command)} {string.Join(' ', arguments)}' took longer than {Patience}. It had said:\n{await output}\n{await errors}");
        }

        return new DotnetResult(process.ExitCode, await output + await errors);
    }
}

internal sealed record DotnetResult(int ExitCode, string Output)
{
    public DotnetResult MustSucceed()
    {
        Assert.True(ExitCode == 0, $"It ended with exit code {ExitCode}:\n{Output}");
        return this;
    }

    /// <summary>Skips the test when packages of others cannot be fetched here; a package of ours that cannot be found is a failure.</summary>
    public DotnetResult MustRestore()
    {
        string[] unreachable = ["NU1100", "NU1101", "NU1102", "NU1103", "NU1301", "NU1302"];
        var lines = Output.Split('\n').Where(line => line.Contains("error", StringComparison.Ordinal) && unreachable.Any(line.Contains)).Distinct().ToList();
        Assert.SkipWhen(
            ExitCode != 0 && lines.Count > 0 && !lines.Any(line => line.Contains("RunnerFleet.", StringComparison.Ordinal) && !line.Contains("NU1301", StringComparison.Ordinal)),
            "NuGet cannot restore what this test needs: " + (lines.FirstOrDefault()?.Trim() ?? ""));
        return MustSucceed();
    }
}
