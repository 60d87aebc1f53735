using System.Globalization;
using RunnerFleet.Jobs;

namespace RunnerFleet.Cli.Jobs;

/// <summary>Reads a job's key as people have it at hand.</summary>
internal static class JobKeyText
{
    private const string DefaultHost = "github.com";

    /// <summary><c>42</c>, <c>ghe.example/42</c>, or the address of the job's page, which ends in <c>/job/42</c>.</summary>
    public static JobKey? Read(string text)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "https" or "http")
        {
            return address.AbsolutePath.TrimEnd('/').Split('/') is [.., "job", var number] && Number(number) is { } id ? new JobKey(address.Host.ToLowerInvariant(), id) : null;
        }

        return Number(text) is { } plain ? new JobKey(DefaultHost, plain)
            : text.Count(c => c == '/') == 1 && JobKey.TryParse(text.ToLowerInvariant(), out var key) ? key
            : null;
    }

    private static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
