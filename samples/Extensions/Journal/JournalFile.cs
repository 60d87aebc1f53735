namespace Extensions.Journal;

/// <summary>A file of lines that only grows. One process has it at a time.</summary>
public sealed class JournalFile(string path) : IDisposable
{
    private const byte EndOfLine = (byte)'\n';

    private FileStream? _file;

    /// <summary>Opens the file and reads it. A last line without its end was being written when the process died, so nobody was told of it: it is cut off.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Open()
    {
        Close();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        var bytes = new byte[_file.Length];
        _file.ReadExactly(bytes);

        var lines = new List<ReadOnlyMemory<byte>>();
        var begin = 0;
        for (var end = Array.IndexOf(bytes, EndOfLine); end >= 0; end = Array.IndexOf(bytes, EndOfLine, begin))
        {
            lines.Add(bytes.AsMemory(begin, end - begin));
            begin = end + 1;
        }

        _file.SetLength(begin);
        _file.Position = begin;
        return lines;
    }

    /// <summary>Adds a line, and returns when it is on the disk.</summary>
    public void Append(ReadOnlySpan<byte> line)
    {
        var file = _file ?? throw new IOException("The journal is not open.");
        file.Write(line);
        file.WriteByte(EndOfLine);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Lets go of the file. It can be opened again.</summary>
    public void Close()
    {
        var file = _file;
        _file = null;
        file?.Dispose();
    }

    public void Dispose() => Close();
}
