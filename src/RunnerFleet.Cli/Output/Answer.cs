using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RunnerFleet.Cli.Output;

/// <summary>How an answer is written.</summary>
internal enum OutputFormat
{
    Table,
    Json,
}

/// <summary>What a command found: as a document for programs, and as sections for people.</summary>
internal sealed record Answer
{
    public ExitCode Code { get; init; } = ExitCode.Ok;

    /// <summary>The document; <see langword="null"/> where there is nothing but notes.</summary>
    public JsonElement? Document { get; init; }

    public IReadOnlyList<Section> Sections { get; init; } = [];

    /// <summary>What goes to the error stream in either format.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    public static Answer Of<T>(T document, JsonTypeInfo<T> type, params IReadOnlyList<Section> sections) => new() { Document = JsonSerializer.SerializeToElement(document, type), Sections = sections };

    /// <summary>Nothing was found, or done, for a reason.</summary>
    public static Answer Nothing(string why, ExitCode code = ExitCode.NotFound) => new() { Code = code, Notes = [why] };

    /// <exception cref="IOException">The output cannot be written: a full disk.</exception>
    public async Task WriteAsync(OutputFormat format, ToolHost host)
    {
        if (format == OutputFormat.Json)
        {
            if (Document is { } document)
            {
                await host.Output.WriteLineAsync(ToolJson.Write(document)).ConfigureAwait(false);
            }
        }
        else if (host.Terminal is { } terminal)
        {
            TerminalWriter.Write(Sections, terminal);
        }
        else
        {
            PlainWriter.Write(Sections, host.Output);
        }

        foreach (var note in Notes)
        {
            await host.Error.WriteLineAsync(ShownText.OneLine(note)).ConfigureAwait(false);
        }
    }
}
