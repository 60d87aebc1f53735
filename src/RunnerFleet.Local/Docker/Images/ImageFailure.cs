using System.Text.Json.Serialization;
using RunnerFleet.Images;

namespace RunnerFleet.Local.Docker;

/// <summary>Why an image could not be had. It is the answer to all who ask for a while, so that what fails is not tried again for each waiting job.</summary>
internal sealed record ImageFailure
{
    /// <summary>How long a failure stands before the next request tries again, whatever it said: a tag that was missing may have been pushed by then.</summary>
    public static readonly TimeSpan Stands = TimeSpan.FromMinutes(2);

    public required string Reason { get; init; }

    /// <summary>Whether trying again can help.</summary>
    public required bool CanRetry { get; init; }

    public required DateTimeOffset At { get; init; }

    public bool StandsAt(DateTimeOffset now) => now - At < Stands;

    public ImageOutcome.Failed ToOutcome(DateTimeOffset now, Uri? link = null) =>
        new(Reason, CanRetry ? TimeSpan.FromTicks(Math.Max(0, (At + Stands - now).Ticks)) : null, link);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ImageFailure))]
internal sealed partial class ImageJson : JsonSerializerContext;
