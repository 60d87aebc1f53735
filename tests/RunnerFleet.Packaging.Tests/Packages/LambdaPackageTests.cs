using System.IO.Compression;
using System.Text.Json;

namespace RunnerFleet.Packaging.Tests.Packages;

[Collection("builds")]
public sealed class LambdaPackageTests(PackedRepository repository)
{
    private const string Script = "samples/Terraform/build.sh";

    [Fact]
    public async Task The_package_of_the_functions_holds_what_Lambda_starts_and_no_test_framework()
    {
        NeedBash();
        var file = Path.Combine(repository.NewFolder("lambda"), "lambda-host.zip");

        (await repository.RunScriptAsync(Script, "--output", file)).MustRestore();

        await using var package = await ZipFile.OpenReadAsync(file, TestContext.Current.CancellationToken);
        var names = package.Entries.Select(entry => entry.FullName).ToList();
        Assert.Contains("LambdaHost.dll", names); // handler = "LambdaHost"
        Assert.Contains("LambdaHost.deps.json", names);
        Assert.Contains("RunnerFleet.Sdk.dll", names);
        Assert.DoesNotContain(names, name => name.EndsWith(".pdb", StringComparison.Ordinal) || AppTests.IsOfTests(name));
        Assert.True(new FileInfo(file).Length < 50_000_000, "Lambda takes 50 MB."); // AWS Lambda Developer Guide, quotas

        // The runtime is Lambda's own: the package names it and does not bring it along.
        await using var settings = await package.GetEntry("LambdaHost.runtimeconfig.json")!.OpenAsync(TestContext.Current.CancellationToken);
        var options = (await JsonDocument.ParseAsync(settings, cancellationToken: TestContext.Current.CancellationToken)).RootElement.GetProperty("runtimeOptions");
        Assert.Equal("net10.0", options.GetProperty("tfm").GetString());
        Assert.Equal("Microsoft.NETCore.App", options.GetProperty("framework").GetProperty("name").GetString());
        Assert.DoesNotContain("System.Private.CoreLib.dll", names);
    }

    [Fact]
    public async Task The_same_files_make_the_same_package()
    {
        var folder = repository.NewFolder("published");
        Directory.CreateDirectory(Path.Combine(folder, "b"));
        await File.WriteAllTextAsync(Path.Combine(folder, "LambdaHost.dll"), "assembly", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "b", "c.json"), "{}", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "LambdaHost.pdb"), "symbols", TestContext.Current.CancellationToken);

        var first = await PackAsync(folder, "first");
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, new DateTime(2031, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        }

        var second = await PackAsync(folder, "second");

        Assert.Equal(await File.ReadAllBytesAsync(first, TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(second, TestContext.Current.CancellationToken));
        await using var package = await ZipFile.OpenReadAsync(first, TestContext.Current.CancellationToken);
        Assert.Equal(["LambdaHost.dll", "b/c.json"], package.Entries.Select(entry => entry.FullName));
    }

    [Fact]
    public async Task A_native_executable_is_packed_as_what_an_OS_only_runtime_starts()
    {
        var folder = repository.NewFolder("native");
        await File.WriteAllTextAsync(Path.Combine(folder, "LambdaHost"), "executable", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "LambdaHost.dbg"), "symbols", TestContext.Current.CancellationToken);

        await using var package = await ZipFile.OpenReadAsync(await PackAsync(folder, "native"), TestContext.Current.CancellationToken);

        var entry = Assert.Single(package.Entries);
        Assert.Equal("bootstrap", entry.FullName);
        Assert.Equal(UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute, (UnixFileMode)((entry.ExternalAttributes >> 16) & 0b001_001_001));
    }

    [Fact]
    public async Task A_script_that_is_asked_for_nonsense_says_what_it_takes()
    {
        NeedBash();
        var architecture = await Dotnet.RunBashAsync(PackedRepository.Root, Script, "--arch", "mips");
        var option = await Dotnet.RunBashAsync(PackedRepository.Root, Script, "--fast");

        Assert.Equal((1, "--arch is x64 or arm64."), (architecture.ExitCode, architecture.Output.Trim()));
        Assert.Equal((1, "Usage: build.sh [--aot] [--arch x64|arm64] [--output FILE]"), (option.ExitCode, option.Output.Trim()));
    }

    private static void NeedBash() => Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no bash; build.ps1 is for this system.");

    private async Task<string> PackAsync(string folder, string name)
    {
        var file = Path.Combine(repository.NewFolder("packed"), name + ".zip");
        (await Dotnet.RunAsync(PackedRepository.Root, "run", "--file", Path.Combine("samples", "Terraform", "package.cs"), "--", folder, file)).MustRestore();
        return file;
    }
}
