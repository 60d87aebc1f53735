// Writes the package of a Lambda function: dotnet run --file package.cs -- FOLDER FILE. FOLDER is what dotnet publish made of samples/LambdaHost.
// The same files make the same bytes, so that Terraform sees a change only where there is one.
using System.IO.Compression;

if (args is not [var folder, var file] || !Directory.Exists(folder))
{
    Console.Error.WriteLine("Usage: dotnet run --file package.cs -- FOLDER FILE");
    return 2;
}

string[] left = [".dbg", ".pdb", ".xml"]; // symbols and documentation
var assembly = File.Exists(Path.Combine(folder, "LambdaHost.dll"));
var native = Path.Combine(folder, "LambdaHost");
if (!assembly && !File.Exists(native))
{
    Console.Error.WriteLine($"{folder} holds neither LambdaHost.dll nor a native LambdaHost. Publish samples/LambdaHost there first.");
    return 1;
}

var unfinished = file + ".new";
await using (var stream = File.Create(unfinished))
await using (var package = new ZipArchive(stream, ZipArchiveMode.Create))
{
    var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path => !left.Contains(Path.GetExtension(path)));
    foreach (var (path, name) in files.Select(path => (path, Path.GetRelativePath(folder, path).Replace('\\', '/'))).OrderBy(f => f.Item2, StringComparer.Ordinal))
    {
        // An executable of ours is what provided.al2023 starts, and that has this name.
        var executable = !assembly && path == native;
        var entry = package.CreateEntry(executable ? "bootstrap" : name, CompressionLevel.SmallestSize);
        entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero); // the first that a zip can say
        entry.ExternalAttributes = (executable ? 0x81ED : 0x81A4) << 16; // a file, rwxr-xr-x or rw-r--r--
        await using var content = await entry.OpenAsync();
        await using var source = File.OpenRead(path);
        await source.CopyToAsync(content);
    }
}

File.Move(unfinished, file, overwrite: true);
return 0;
