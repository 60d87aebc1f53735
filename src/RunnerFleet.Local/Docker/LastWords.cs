using System.Text;
using Docker.DotNet.Models;

namespace RunnerFleet.Local.Docker;

/// <summary>The end of a container's log, as far as it is fit to be stored and shown.</summary>
internal static class LastWords
{
    public const int MaxLines = 20;
    public const int MaxLength = 1000;

    /// <summary>The last lines, oldest first; <see langword="null"/> where there are none, or the log cannot be read.</summary>
    /// <param name="engine">Where the container is.</param>
    /// <param name="container">Its name.</param>
    /// <param name="secrets">What is blotted out of it. A script that prints its commands prints its secrets.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<string?> ReadAsync(EngineConnection engine, string container, IReadOnlyCollection<string> secrets, CancellationToken cancellationToken)
    {
        var parameters = new ContainerLogsParameters { ShowStdout = true, ShowStderr = true, Tail = MaxLines.ToString(System.Globalization.CultureInfo.InvariantCulture) };
        using var text = new MemoryStream();
        try
        {
            using var log = await engine.Client.Containers.GetContainerLogsAsync(container, parameters, cancellationToken).ConfigureAwait(false);
            var buffer = new byte[8192];
            while (await log.ReadOutputAsync(buffer, 0, buffer.Length, cancellationToken).ConfigureAwait(false) is { EOF: false } read)
            {
                text.Write(buffer, 0, read.Count);
            }
        }
        catch (Exception exception) when (EngineConnection.IsTrouble(exception) && !cancellationToken.IsCancellationRequested)
        {
            return null; // how it ended is worth more than what it said
        }

        return Clean(Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length), secrets);
    }

    /// <summary>At most 20 lines and 1000 characters of a text, the last ones, without control characters and secrets.</summary>
    public static string? Clean(string text, IReadOnlyCollection<string> secrets)
    {
        foreach (var secret in secrets)
        {
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        }

        var lines = text.Split('\n').Select(line => line.ToOneLine(line.Length).Trim()).Where(line => line.Length > 0).TakeLast(MaxLines);
        var joined = string.Join(" | ", lines);
        if (joined.Length > MaxLength)
        {
            joined = joined[^MaxLength..];
            joined = char.IsLowSurrogate(joined[0]) ? joined[1..] : joined;
        }

        return joined.Length > 0 ? joined : null;
    }
}
