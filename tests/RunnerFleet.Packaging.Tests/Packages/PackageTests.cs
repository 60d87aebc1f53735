namespace RunnerFleet.Packaging.Tests.Packages;

[Collection("builds")]
public sealed class PackageTests(PackedRepository repository)
{
    private static readonly string[] TestFrameworks = ["xunit", "nunit", "mstest", "NSubstitute", "FsCheck", "Microsoft.NET.Test", "Microsoft.Testing", "Microsoft.Extensions.TimeProvider.Testing"];

    public static TheoryData<string> Ids => [.. PackedRepository.Projects];

    public static TheoryData<string> Libraries => [.. PackedRepository.Libraries];

    [Theory, MemberData(nameof(Ids))]
    public async Task A_package_has_all_that_its_page_on_a_gallery_shows(string id)
    {
        using var package = await OpenAsync(id);

        Assert.Equal("MIT", package.Metadata("license")?.Value);
        Assert.Equal("icon.png", package.Metadata("icon")?.Value);
        Assert.Equal("README.md", package.Metadata("readme")?.Value);
        Assert.Equal("https://github.com/runnerfleet/runnerfleet", package.Metadata("repository")?.Attribute("url")?.Value);
        Assert.NotEmpty(package.Metadata("description")!.Value);
        Assert.Contains("icon.png", package.Files);
        Assert.StartsWith($"# {id}\n", package.Read("README.md").ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains(PackedRepository.Tools.ContainsKey(id) ? "```sh" : "```csharp", package.Read("README.md"), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task A_package_holds_its_library_and_its_documentation_and_no_other(string id)
    {
        using var package = await OpenAsync(id);

        Assert.Equal([$"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml"], package.Files.Where(f => f.StartsWith("lib/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Ids))]
    public async Task Symbols_lead_to_the_sources(string id)
    {
        using var package = await OpenAsync(id);

        Assert.Contains($"https://raw.githubusercontent.com/runnerfleet/runnerfleet/{PackedRepository.Commit}/*", package.SourceLink(id), StringComparison.Ordinal);
        Assert.Equal(PackedRepository.Commit, package.Metadata("repository")?.Attribute("commit")?.Value);
    }

    [Theory, MemberData(nameof(Ids))]
    public async Task Only_the_contract_tests_bring_a_test_framework(string id)
    {
        using var package = await OpenAsync(id);

        var frameworks = package.Dependencies.Where(d => TestFrameworks.Any(f => d.StartsWith(f, StringComparison.OrdinalIgnoreCase))).ToList();
        if (id == "RunnerFleet.Sdk.Testing.Xunit")
        {
            Assert.Contains(frameworks, f => f.StartsWith("xunit", StringComparison.Ordinal));
        }
        else
        {
            Assert.Empty(frameworks);
        }
    }

    [Fact]
    public async Task Nothing_but_packages_is_packed()
    {
        await repository.EnsurePackedAsync();

        var expected = PackedRepository.Projects.SelectMany(id => new[] { $"{id}.{repository.Version}.nupkg", $"{id}.{repository.Version}.snupkg" });
        Assert.Equal(expected.Order(StringComparer.Ordinal), Directory.EnumerateFiles(repository.Feed).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
    }

    private async Task<Package> OpenAsync(string id)
    {
        await repository.EnsurePackedAsync();
        return new Package(repository, id);
    }
}
