using System.Globalization;
using System.Runtime.InteropServices;
using System.Security;
using System.Xml.Linq;
using RunnerFleet.Packaging.Tests.Packages;

[assembly: AssemblyFixture(typeof(PackedRepository))]

namespace RunnerFleet.Packaging.Tests.Packages;

/// <summary>A copy of this repository, a clone from GitHub to all appearances, built and packed in Release. It meets no other build of the folder it was copied from.</summary>
public sealed class PackedRepository : IAsyncDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private static readonly string[] NotCopied = ["bin", "obj", "artifacts", "TestResults"];

    private readonly DirectoryInfo _temp = Directory.CreateTempSubdirectory("runnerfleet-packaging");
    private readonly Lazy<Task> _packed;
    private int _folders;

    public PackedRepository()
    {
        Version = $"0.1.0-t{TimeProvider.System.GetUtcNow().Ticks}"; // one that nobody has in a cache
        _packed = new(PackAsync);
    }

    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<string> Projects { get; } = [.. Directory.EnumerateDirectories(Path.Combine(Root, "src")).Select(f => Path.GetFileName(f)!).Where(n => n.StartsWith("RunnerFleet.", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>Those of <see cref="Projects"/> that people run and nobody compiles against, and the commands that they are.</summary>
    public static IReadOnlyDictionary<string, string> Tools { get; } = new Dictionary<string, string> { ["RunnerFleet.Cli"] = "runnerfleet" };

    /// <summary>The other ones.</summary>
    public static IReadOnlyList<string> Libraries { get; } = [.. Projects.Except(Tools.Keys)];

    public string Version { get; }

    public string Feed => Path.Combine(_temp.FullName, "feed");

    private string Clone => Path.Combine(_temp.FullName, "clone");

    /// <summary>Packs all of <c>src</c>, once a run.</summary>
    public Task EnsurePackedAsync() => _packed.Value;

    /// <summary>Publishes a project of this repository.</summary>
    public async Task<string> PublishAsync(string project)
    {
        await EnsurePackedAsync();
        var output = NewFolder("published");
        (await BuildAsync("publish", project, "--output", output)).MustSucceed();
        return output;
    }

    /// <summary>Runs a script of this repository, named from its root.</summary>
    internal async Task<DotnetResult> RunScriptAsync(string script, params string[] arguments)
    {
        await EnsurePackedAsync();
        return await Dotnet.RunBashAsync(Clone, [script, .. arguments]);
    }

    /// <summary>An empty folder that goes with the run, whatever other tests named theirs.</summary>
    public string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(_temp.FullName, Interlocked.Increment(ref _folders).ToString(CultureInfo.InvariantCulture), name)).FullName;

    /// <summary>Copies one of the apps to a folder of its own, which takes our packages from the feed and others from where this machine takes them.</summary>
    public async Task<string> NewAppAsync(string name)
    {
        await EnsurePackedAsync();
        var folder = NewFolder(name);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Root, "tests", "RunnerFleet.Packaging.Tests", "Apps", name)))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        File.Copy(Path.Combine(Root, "global.json"), Path.Combine(folder, "global.json"));
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set ? set : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

        // What is in the machine's cache is read from there, so that nothing is fetched twice; what is new goes to a cache of this run.
        var fallback = Directory.Exists(cache) ? $"""<fallbackPackageFolders><add key="machine" value="{SecurityElement.Escape(cache)}" /></fallbackPackageFolders>""" : "";
        await File.WriteAllTextAsync(Path.Combine(folder, "nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{SecurityElement.Escape(Path.Combine(_temp.FullName, "packages"))}" /></config>
              <packageSources><add key="packed" value="{SecurityElement.Escape(Feed)}" /></packageSources>
              {fallback}
            </configuration>
            """);
        return folder;
    }

    /// <summary>The properties that an app is restored and built with.</summary>
    public string[] AppProperties => [$"-p:RunnerFleetVersion={Version}", $"-p:HostingVersion={VersionOf("Microsoft.Extensions.Hosting")}", "--nologo"];

    /// <summary>The runtime identifier of this machine.</summary>
    public static string RuntimeIdentifier => RuntimeInformation.RuntimeIdentifier;

    public async ValueTask DisposeAsync()
    {
        if (_packed.IsValueCreated)
        {
            await _packed.Value.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        try
        {
            _temp.Delete(recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A scanner holds a file; the temporary folder is cleaned by the machine.
        }
    }

    private async Task PackAsync()
    {
        CopyRepository();
        (await BuildAsync("pack", Path.Combine("src", "RunnerFleet.slnf"), "--output", Feed)).MustSucceed();
    }

    // Analyzers have judged this code in the build that made these tests.
    private Task<DotnetResult> BuildAsync(string verb, params string[] arguments) =>
        Dotnet.RunAsync(Clone, [verb, .. arguments, "-c", "Release", "--nologo", $"-p:Version={Version}", "-p:RunAnalyzers=false"]);

    private void CopyRepository()
    {
        foreach (var file in Directory.EnumerateFiles(Root).Where(f => Path.GetFileName(f) != ".git")) // a file in a worktree
        {
            CopyFile(file);
        }

        foreach (var folder in new[] { "src", "samples", "docs" })
        {
            CopyFolder(new DirectoryInfo(Path.Combine(Root, folder)));
        }

        // SourceLink reads these files itself; git need not be installed.
        var git = Directory.CreateDirectory(Path.Combine(Clone, ".git"));
        git.CreateSubdirectory("objects");
        git.CreateSubdirectory("refs");
        File.WriteAllText(Path.Combine(git.FullName, "HEAD"), Commit + "\n");
        File.WriteAllText(Path.Combine(git.FullName, "config"), """
            [core]
            	repositoryformatversion = 0
            [remote "origin"]
            	url = https://github.com/runnerfleet/runnerfleet.git

            """);
    }

    private void CopyFolder(DirectoryInfo folder)
    {
        foreach (var file in folder.EnumerateFiles())
        {
            CopyFile(file.FullName);
        }

        foreach (var inner in folder.EnumerateDirectories().Where(f => !NotCopied.Contains(f.Name) && !f.Name.StartsWith('.') && f.LinkTarget is null))
        {
            CopyFolder(inner);
        }
    }

    private void CopyFile(string file)
    {
        var copy = Path.Combine(Clone, Path.GetRelativePath(Root, file));
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.Copy(file, copy);
    }

    private static string VersionOf(string package) => XElement.Load(Path.Combine(Root, "Directory.Packages.props")).Descendants("PackageVersion")
        .Single(p => p.Attribute("Include")!.Value == package).Attribute("Version")!.Value;

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
}
