using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Docker.DotNet;
using Docker.DotNet.Models;
using RunnerFleet.Images;

namespace RunnerFleet.Local.Docker;

/// <summary>The images of one engine.</summary>
internal sealed class EngineImages(EngineConnection engine)
{
    private const int ReasonLength = 300;

    // What a registry says with any status when it does not have the image, or not for us.
    private static readonly string[] s_refusals = ["manifest unknown", "no matching manifest", "denied", "unauthorized", "repository does not exist"];

    /// <summary>The image; <see langword="null"/> when the engine does not have it.</summary>
    public async Task<ImageInspectResponse?> FindAsync(string reference, CancellationToken cancellationToken)
    {
        try
        {
            return await engine.Client.Images.InspectImageAsync(reference, cancellationToken).ConfigureAwait(false);
        }
        catch (DockerApiException exception) when (EngineConnection.IsNotFound(exception))
        {
            return null;
        }
    }

    /// <summary>Says why images of an architecture do not run on this engine; <see langword="null"/> when they do. Emulation would need a set-up of the machine that cannot be seen from here.</summary>
    public async Task<ImageOutcome.Failed?> RefuseAsync(string architecture, CancellationToken cancellationToken)
    {
        var version = await engine.Client.System.GetVersionAsync(cancellationToken).ConfigureAwait(false);
        return version.Os != "linux" ? new ImageOutcome.Failed($"The Docker engine at {engine.Endpoint} runs {version.Os.Quoted()} containers, and runners need Linux ones. Switch the engine to Linux containers.")
            : NameOf(version.Arch) != architecture ? new ImageOutcome.Failed($"The Docker engine at {engine.Endpoint} runs {NameOf(version.Arch)} images, and this runner needs {architecture.Quoted()}. Ask for a class with Architecture {NameOf(version.Arch)}, or run a host beside an engine of that architecture.")
            : null;
    }

    /// <summary>Says why an image is of no use for an architecture; <see langword="null"/> when it is.</summary>
    public static string? Mismatch(string reference, ImageInspectResponse image, string architecture) => image.Os != "linux" || NameOf(image.Architecture) != architecture
        ? $"The image {reference} on the Docker engine is for {image.Os.ToOneLine(20)} {NameOf(image.Architecture)}, and this runner needs linux {architecture}. Remove it there, or name one of that architecture."
        : null;

    /// <summary>Pulls an image.</summary>
    /// <returns>Why it was not pulled; <see langword="null"/> when it was.</returns>
    public async Task<(string Reason, bool CanRetry)?> PullAsync(string reference, IProgress<JSONMessage> progress, CancellationToken cancellationToken)
    {
        var words = new ErrorOf(progress);
        try
        {
            await engine.Client.Images.CreateImageAsync(new ImagesCreateParameters { FromImage = reference }, new AuthConfig(), words, cancellationToken).ConfigureAwait(false);
        }
        catch (DockerApiException exception)
        {
            var isRefused = exception.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.NotFound;
            return NotPulled(reference, WordsOf(exception), isRefused);
        }

        return words.Message is { } message ? NotPulled(reference, message, isRefused: false) : null;
    }

    /// <summary>What became of a question that the engine did not answer.</summary>
    public ImageOutcome.Unknown NotAnswered(Exception exception) => new(EngineConnection.IsUnreachable(exception) ? engine.UnreachableReason : exception switch
    {
        DockerApiException api => $"The Docker engine at {engine.Endpoint} answered {(int)api.StatusCode}: {WordsOf(api)}",
        _ => $"The Docker engine at {engine.Endpoint} did not answer as it should: {exception.Message.ToOneLine(ReasonLength)}",
    });

    /// <summary>Whether this is trouble with the engine or with files, rather than a mistake of ours.</summary>
    public static bool IsTrouble(Exception exception) => exception is DockerApiException or HttpRequestException or SocketException or TimeoutException or JsonException or IOException or UnauthorizedAccessException;

    /// <summary>The sentence within an engine's refusal.</summary>
    public static string WordsOf(DockerApiException exception)
    {
        var words = exception.ResponseBody ?? "";
        try
        {
            using var body = JsonDocument.Parse(words);
            words = body.RootElement.ValueKind == JsonValueKind.Object && body.RootElement.TryGetProperty("message", out var message) ? message.GetString() ?? "" : words;
        }
        catch (JsonException)
        {
            // A proxy in between speaks for itself.
        }

        return words.Trim().ToOneLine(ReasonLength);
    }

    private static (string Reason, bool CanRetry) NotPulled(string reference, string words, bool isRefused)
    {
        isRefused |= s_refusals.Any(refusal => words.Contains(refusal, StringComparison.OrdinalIgnoreCase))
            && !words.Contains("permission denied", StringComparison.OrdinalIgnoreCase); // the engine's own files, not the registry
        var cure = isRefused ? " Correct its name; an image that needs a login can be brought to the engine with docker pull." : "";
        return ($"The image {reference} could not be pulled: {words.Trim().TrimEnd('.').ToOneLine(ReasonLength)}.{cure}", !isRefused);
    }

    /// <summary>Go's names of architectures, in the words of GitHub's labels.</summary>
    private static string NameOf(string architecture) => architecture switch
    {
        "amd64" => "x64",
        _ => architecture.ToOneLine(20),
    };

    private sealed class ErrorOf(IProgress<JSONMessage> progress) : IProgress<JSONMessage>
    {
        public string? Message { get; private set; }

        public void Report(JSONMessage value)
        {
            Message ??= value.Error?.Message;
            progress.Report(value);
        }
    }
}
