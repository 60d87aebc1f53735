using System.IO.Compression;
using System.Reflection.Metadata;
using System.Text;
using System.Xml.Linq;

namespace RunnerFleet.Packaging.Tests.Packages;

/// <summary>A package as it lies in the feed.</summary>
internal sealed class Package : IDisposable
{
    private static readonly Guid SourceLinkKind = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");
    private readonly ZipArchive _package;
    private readonly ZipArchive _symbols;
    private readonly XElement _nuspec;

    public Package(PackedRepository repository, string id)
    {
        _package = ZipFile.OpenRead(Path.Combine(repository.Feed, $"{id}.{repository.Version}.nupkg"));
        _symbols = ZipFile.OpenRead(Path.Combine(repository.Feed, $"{id}.{repository.Version}.snupkg"));
        using var nuspec = _package.GetEntry(id + ".nuspec")!.Open();
        _nuspec = XElement.Load(nuspec);
    }

    public IReadOnlyList<string> Files => [.. _package.Entries.Select(e => e.FullName)];

    public XElement? Metadata(string name) => _nuspec.Descendants().FirstOrDefault(e => e.Name.LocalName == name);

    public IReadOnlyList<string> Dependencies => [.. _nuspec.Descendants().Where(e => e.Name.LocalName == "dependency").Select(e => e.Attribute("id")!.Value)];

    public string Read(string path)
    {
        using var reader = new StreamReader(_package.GetEntry(path)!.Open());
        return reader.ReadToEnd();
    }

    /// <summary>The map from sources to addresses in the symbols; <see langword="null"/> where there is none.</summary>
    public string? SourceLink(string id)
    {
        using var pdb = new MemoryStream();
        var path = PackedRepository.Tools.TryGetValue(id, out var command) ? $"tools/net10.0/any/{command}.pdb" : $"lib/net10.0/{id}.pdb";
        using (var entry = _symbols.GetEntry(path)!.Open())
        {
            entry.CopyTo(pdb);
        }

        pdb.Position = 0;
        using var provider = MetadataReaderProvider.FromPortablePdbStream(pdb);
        var reader = provider.GetMetadataReader();
        return reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation)
            .Where(i => reader.GetGuid(i.Kind) == SourceLinkKind)
            .Select(i => Encoding.UTF8.GetString(reader.GetBlobBytes(i.Value)))
            .FirstOrDefault();
    }

    public void Dispose()
    {
        _package.Dispose();
        _symbols.Dispose();
    }
}
