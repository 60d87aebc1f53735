using System.Formats.Tar;
using RunnerFleet.Local.Docker;

namespace RunnerFleet.Local.Tests.Docker.Images;

public sealed class BuildContextTests : IDisposable
{
    private const string Base = "docker.io/library/ubuntu:22.04";

    private readonly string _scratch = Directory.CreateTempSubdirectory("runnerfleet-context-").FullName;

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    [Fact]
    public void The_same_files_in_another_folder_made_in_another_order_are_the_same_content()
    {
        var names = new[] { "Dockerfile", "hooks/started.sh", "hooks/completed.sh", "b/c", "b.c", "a" };
        foreach (var name in names)
        {
            Write("one", name, name);
        }

        foreach (var name in names.Reverse())
        {
            Write("two", name, name);
            File.SetLastWriteTimeUtc(Path.Combine(_scratch, "two", name), DateTime.UnixEpoch);
        }

        Assert.Equal(ContentOf("one"), ContentOf("two"));
    }

    [Theory]
    [InlineData("a file's bytes")]
    [InlineData("a file's name")]
    [InlineData("a file's folder")]
    [InlineData("an executable bit")]
    [InlineData("one more file")]
    [InlineData("one file less")]
    [InlineData("bytes that move from one file to the next")]
    public void Every_file_counts(string change)
    {
        Assert.SkipWhen(change == "an executable bit" && OperatingSystem.IsWindows(), "Windows has no executable bit.");
        Fill("before");
        Fill("after");
        switch (change)
        {
            case "a file's bytes": Write("after", "a", "other"); break;
            case "a file's name": File.Move(In("after", "a"), In("after", "c")); break;
            case "a file's folder": File.Move(In("after", "a"), In("after", "folder/a")); break;
            case "an executable bit" when !OperatingSystem.IsWindows(): File.SetUnixFileMode(In("after", "a"), UnixFileMode.UserRead | UnixFileMode.UserExecute); break;
            case "one more file": Write("after", "c", ""); break;
            case "one file less": File.Delete(In("after", "b")); break;
            default: Write("after", "a", "aaabbb"); Write("after", "b", ""); break;
        }

        Assert.NotEqual(ContentOf("before"), ContentOf("after"));

        void Fill(string folder)
        {
            Write(folder, "a", "aaa");
            Write(folder, "b", "bbb");
            Write(folder, "folder/c", "");
        }
    }

    [Fact]
    public void Base_architecture_and_each_argument_count_and_the_order_of_arguments_does_not()
    {
        Write("one", "Dockerfile", "");
        var arguments = new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" };
        string[] contents =
        [
            ContentOf("one", Base, "x64", []),
            ContentOf("one", Base + "1", "x64", []),
            ContentOf("one", Base, "arm64", []),
            ContentOf("one", Base, "x64", arguments),
            ContentOf("one", Base, "x64", new() { ["A"] = "1", ["B"] = "3" }),
            ContentOf("one", Base, "x64", new() { ["A"] = "1" }),
            ContentOf("one", Base, "x64", new() { ["A1"] = "", ["B"] = "2" }),
        ];

        Assert.Distinct(contents);
        Assert.Equal(contents[3], ContentOf("one", Base, "x64", new() { ["B"] = "2", ["A"] = "1" }));
        Assert.Matches("^[0-9a-f]{64}$", contents[0]);
    }

    [Fact]
    public void A_large_file_counts_too_after_it_was_changed()
    {
        Write("one", "archive/runner.tar.gz", new string('a', 2 << 20));
        var source = new ContextSource(Path.Combine(_scratch, "one"));
        var before = Content(source);

        Write("one", "archive/runner.tar.gz", new string('a', 2 << 20) + "b");

        Assert.NotEqual(before, Content(source));
        Assert.Equal(Content(new ContextSource(Path.Combine(_scratch, "one"))), Content(source));
    }

    [Fact]
    public async Task Two_archives_of_one_context_are_the_same_bytes()
    {
        Write("one", "Dockerfile", "FROM x");
        Write("one", "hooks/" + new string('n', 150) + "/started.sh", "x");
        Write("one", "größe", "x");

        Assert.Equal(await PackAsync("one"), await PackAsync("one"));
    }

    [Fact]
    public async Task An_archive_holds_each_file_with_its_folders_and_a_script_can_be_run()
    {
        Write("one", "Dockerfile", "FROM x");
        Write("one", "hooks/started.sh", "echo");
        Write("one", "bin/entry-point", "#!/bin/sh\n");
        Write("one", "bin/read-me", "# not a script");

        using var archive = new MemoryStream(await PackAsync("one"));
        using var reader = new TarReader(archive);
        var entries = new List<string>();
        while (reader.GetNextEntry() is { } entry)
        {
            entries.Add($"{entry.EntryType} {entry.Name} {Convert.ToString((int)entry.Mode, 8)} {entry.ModificationTime.ToUnixTimeSeconds()}");
        }

        Assert.Equal(
        [
            "RegularFile Dockerfile 644 0",
            "Directory bin/ 755 0",
            "RegularFile bin/entry-point 755 0",
            "RegularFile bin/read-me 644 0",
            "Directory hooks/ 755 0",
            "RegularFile hooks/started.sh 755 0",
        ], entries);
    }

    [Fact]
    public void A_link_is_left_out()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets few users make links.");
        Write("one", "Dockerfile", "FROM x");
        Write("elsewhere", "secret", "x");
        File.CreateSymbolicLink(In("one", "link"), In("elsewhere", "secret"));
        Directory.CreateSymbolicLink(In("one", "folder"), Path.Combine(_scratch, "elsewhere"));

        Assert.Equal(["Dockerfile"], new ContextSource(Path.Combine(_scratch, "one")).Read().Files.Select(file => file.Path));
    }

    [Fact]
    public void The_package_holds_the_runner_folder_without_archives()
    {
        var folder = Path.Combine(Root(), "runner");
        if (!File.Exists(Path.Combine(folder, "Dockerfile")))
        {
            Assert.False(ContextSource.IsPackaged, "The package holds a runner folder that the sources do not have.");
            return;
        }

        var sources = new ContextSource(folder).Read().Files.Where(file => !file.Path.EndsWith(".gz", StringComparison.Ordinal) && !file.Path.EndsWith(".zip", StringComparison.Ordinal));
        Assert.True(ContextSource.IsPackaged);
        Assert.Equal(sources.Select(Spell), new ContextSource(null).Read().Files.Select(Spell));

        static string Spell(ContextFile file) => $"{file.Path} {file.IsExecutable} {file.Digest}";
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "RunnerFleet.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run within the repository.");
        }

        return folder.FullName;
    }

    private string In(string folder, string name) => Path.Combine(_scratch, folder, name);

    private void Write(string folder, string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(In(folder, name))!);
        File.WriteAllText(In(folder, name), text);
    }

    private string ContentOf(string folder) => ContentOf(folder, Base, "x64", []);

    private string ContentOf(string folder, string image, string architecture, Dictionary<string, string> arguments) =>
        new ContextSource(Path.Combine(_scratch, folder)).Read().ContentOf(image, architecture, arguments);

    private static string Content(ContextSource source) => source.Read().ContentOf(Base, "x64", []);

    private async Task<byte[]> PackAsync(string folder)
    {
        var target = new MemoryStream();
        await new ContextSource(Path.Combine(_scratch, folder)).Read().WriteTarAsync(target, TestContext.Current.CancellationToken);
        return target.ToArray();
    }
}
