using System.Text;
using System.Text.RegularExpressions;
using Docker.DotNet.Models;

namespace RunnerFleet.Local.Docker;

/// <summary>The log of a build, written while it runs, and what of it explains a failure. The text is that of whatever the Dockerfile runs: it is cleaned of all that would act on a terminal.</summary>
internal sealed partial class BuildLog : IProgress<JSONMessage>, IDisposable
{
    private const int MaxLine = 4000;
    private const long MaxLength = 16 << 20;

    // The engine sets a step's standard error in red, piece by piece (builder/dockerfile/builder.go, streamformatter's StderrFormatter).
    private const string ErrorStart = "\e[91m";
    private const string ErrorEnd = "\e[0m";

    private readonly StreamWriter _writer;
    private readonly StringBuilder _line = new();
    private readonly Dictionary<string, string> _layers = [];
    private bool _isError;
    private string? _lastOutput;
    private string? _lastError;
    private long _written;

    public BuildLog(string path) =>
        _writer = new StreamWriter(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) { AutoFlush = true, NewLine = "\n" };

    /// <summary>The error with which the engine ended the build.</summary>
    public JSONError? Error { get; private set; }

    /// <summary>Whether the engine has told of an image that came of it.</summary>
    public bool HasImage { get; private set; }

    /// <summary>The last line that the last step printed, of its standard error if it has any: engines pass the two on in no certain order.</summary>
    public string? LastLine => _lastError ?? _lastOutput;

    public void Report(JSONMessage value)
    {
        Append(value.Stream ?? "");
        if (value.Status is { } status && (value.ID is not { } layer || !_layers.TryGetValue(layer, out var last) || last != status))
        {
            // A layer under way is reported many times a second.
            _layers[value.ID ?? ""] = status;
            Write(value.ID is null ? status : $"{value.ID}: {status}");
        }

        HasImage |= value.Aux is not null;
        if (value.Error is { } error)
        {
            Error ??= error;
            Write(error.Message ?? "");
        }
    }

    /// <summary>Writes a line of our own.</summary>
    public void Write(string line)
    {
        EndLine();
        WriteClean(Clean(line));
    }

    public void Dispose()
    {
        EndLine();
        _writer.Dispose();
    }

    private void Append(string text)
    {
        var isError = text.StartsWith(ErrorStart, StringComparison.Ordinal);
        if (isError)
        {
            text = text[ErrorStart.Length..];
            text = text.EndsWith(ErrorEnd, StringComparison.Ordinal) ? text[..^ErrorEnd.Length] : text;
        }

        foreach (var character in text)
        {
            if (character is '\n' or '\r' || _line.Length >= MaxLine)
            {
                EndLine();
            }

            if (character is not ('\n' or '\r'))
            {
                _line.Append(character);
                _isError = isError;
            }
        }
    }

    private void EndLine()
    {
        var line = Clean(_line.ToString());
        _line.Clear();
        WriteClean(line);
        if (line.StartsWith("Step ", StringComparison.Ordinal))
        {
            (_lastOutput, _lastError) = (null, null);
        }
        else if (line.Length > 0 && !IsOfTheEngine(line))
        {
            (_lastOutput, _lastError) = _isError ? (_lastOutput, line) : (line, _lastError);
        }
    }

    private void WriteClean(string line)
    {
        if (line.Length == 0 || _written > MaxLength)
        {
            return;
        }

        _written += line.Length;
        _writer.WriteLine(_written > MaxLength ? $"The log is cut here: it has {MaxLength >> 20} MiB." : line);
    }

    private static bool IsOfTheEngine(string line) => line.StartsWith("---> ", StringComparison.Ordinal) || line.StartsWith("Removing intermediate container ", StringComparison.Ordinal);

    private static string Clean(string line) => Escapes().Replace(line, "").ToOneLine(MaxLine).Trim();

    /// <summary>Terminal control sequences: colours above all, in which the engine sets what went to standard error.</summary>
    [GeneratedRegex(@"\e(?:\[[0-?]*[ -/]*[@-~]|\][^\a\e]*(?:\a|\e\\)?|[@-Z\\-_])")]
    private static partial Regex Escapes();
}
