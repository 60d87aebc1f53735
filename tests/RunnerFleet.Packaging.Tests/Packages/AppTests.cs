namespace RunnerFleet.Packaging.Tests.Packages;

[Collection("builds")]
public sealed class AppTests(PackedRepository repository)
{
    private static readonly string[] TestAssemblies = ["xunit", "NSubstitute", "FsCheck", "Microsoft.Testing", "Microsoft.TestPlatform", "Castle.Core", "RunnerFleet.Sdk.Testing.Xunit"];

    /// <summary>Whether a file belongs to a test framework, or to what only tests use.</summary>
    public static bool IsOfTests(string file) => TestAssemblies.Any(name => file.StartsWith(name, StringComparison.OrdinalIgnoreCase));

    [Fact]
    public async Task A_fresh_console_app_runs_a_fleet_from_the_packages()
    {
        var folder = await repository.NewAppAsync("Consumer");

        (await Dotnet.RunAsync(folder, ["restore", .. repository.AppProperties])).MustRestore();
        (await Dotnet.RunAsync(folder, ["build", "--no-restore", "--output", "out", .. repository.AppProperties])).MustSucceed();
        var run = (await Dotnet.RunAsync(folder, Path.Combine("out", "Consumer.dll"))).MustSucceed();

        Assert.Contains("job Completed, 1 launch, runner Offline, GitHub success, file True", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_that_is_trimmed_in_full_has_no_warning_and_still_works()
    {
        var folder = await repository.NewAppAsync("Trimmed");
        string[] properties = ["--runtime", PackedRepository.RuntimeIdentifier, .. repository.AppProperties];

        (await Dotnet.RunAsync(folder, ["restore", "-p:SelfContained=true", .. properties])).MustRestore();
        var publish = (await Dotnet.RunAsync(folder, ["publish", "--no-restore", "--self-contained", "-c", "Release", "--output", "out", .. properties])).MustSucceed();
        Assert.DoesNotMatch("warning IL[23]", publish.Output);
        var run = (await Dotnet.RunAsync(folder, Path.Combine("out", "Trimmed.dll"))).MustSucceed();

        Assert.Contains("trimmed Recorded small", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_published_host_holds_no_test_framework()
    {
        var folder = await repository.PublishAsync(Path.Combine("samples", "AspNetHost", "AspNetHost.csproj"));

        var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetFileName(f)!).ToList();
        Assert.Contains("RunnerFleet.AspNetCore.dll", files);
        Assert.DoesNotContain(files, IsOfTests);
    }
}
