using System.Text.Json.Serialization;
using RunnerFleet.Images;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>What all hosts of a fleet know of an image's builds. Whether the image is there is not in it: that is ECR's to say.</summary>
internal sealed record ImageRecord
{
    /// <summary>How many builds were asked for. Each has a token of its own.</summary>
    public int Number { get; init; }

    /// <summary>When the latest was.</summary>
    public DateTimeOffset ClaimedAt { get; init; }

    /// <summary>The request for it, as long as nobody knows what became of it: it is repeated as it was.</summary>
    public CodeBuildStart? Request { get; init; }

    /// <summary>The build that runs, or that <see cref="Failure"/> is of.</summary>
    public string? BuildId { get; init; }

    /// <summary>When a build last succeeded. ECR's time of a push does not change when the same content is pushed again.</summary>
    public DateTimeOffset? BuiltAt { get; init; }

    /// <summary>Builds that failed in a row.</summary>
    public int Failures { get; init; }

    /// <summary>What stands against another build.</summary>
    public ImageFailure? Failure { get; init; }

    /// <summary>A digest that could not be pulled though ECR has it: it counts as missing until a build has succeeded.</summary>
    public string? Unavailable { get; init; }

    /// <summary>The latest digest that was ever so: it does not become so again.</summary>
    public string? Condemned { get; init; }

    /// <summary>When it did.</summary>
    public DateTimeOffset? CondemnedAt { get; init; }

    /// <summary>How many digests did, one soon after another.</summary>
    public int Condemnations { get; init; }
}

/// <summary>Why an image is not being built. It is the answer to all who ask for a while, so that what fails is not tried again for each waiting job.</summary>
internal sealed record ImageFailure
{
    public required string Reason { get; init; }

    public Uri? Link { get; init; }

    /// <summary>When another build may be started.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>Whether those who wait now are not to wait for it.</summary>
    public bool IsFinal { get; init; }

    public bool StandsAt(DateTimeOffset now) => now < Until;

    public ImageOutcome.Failed ToOutcome(DateTimeOffset now) => new(Reason, IsFinal ? null : TimeSpan.FromTicks(Math.Max(0, (Until - now).Ticks)), Link);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ImageRecord))]
internal sealed partial class ImageRecordJson : JsonSerializerContext;
