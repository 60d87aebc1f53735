namespace RunnerFleet.Local.Processes;

/// <summary>What a runner printed: the newest of it, at most twice <see cref="FileLimit"/> characters in two files.</summary>
internal sealed class RunnerLog(string file) : IDisposable
{
    private const int FileLimit = 512 * 1024;

    private readonly Lock _lock = new();
    private StreamWriter? _writer;
    private int _written;

    /// <summary>Adds a line of the supervisor's own.</summary>
    public void Say(string line) => Append($"[supervisor] {line}{Environment.NewLine}");

    public void Append(ReadOnlySpan<char> text)
    {
        lock (_lock)
        {
            try
            {
                _writer ??= new StreamWriter(file, append: true) { AutoFlush = true };
                _writer.Write(text);
                _written += text.Length;
                if (_written >= FileLimit)
                {
                    Dispose();
                    File.Move(file, file + ".1", overwrite: true);
                }
            }
            catch (IOException)
            {
                // A full disk must not end a job; the log is for people.
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _writer?.Dispose();
            _writer = null;
            _written = 0;
        }
    }
}
