using RunnerFleet.Images;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>How an image stands, as one look found it.</summary>
internal sealed record ImageStanding
{
    public required string Tag { get; init; }

    /// <summary>What ECR has under the tag; <see langword="null"/> where it has nothing that can be pulled.</summary>
    public required EcrImage? Image { get; init; }

    public required ImageRecord Record { get; init; }

    /// <summary>The record's version.</summary>
    public required long Version { get; init; }

    /// <summary>The build that is under way.</summary>
    public ImageOutcome.Building? Building { get; init; }

    public bool IsUsable => Image is not null && Image.ImageDigest != Record.Unavailable;

    /// <summary>How old the image is: since its push, or since a build that found nothing new to push.</summary>
    public TimeSpan AgeAt(DateTimeOffset now) => Image?.ImagePushedAt is { } pushed ? now - (Record.BuiltAt > pushed ? Record.BuiltAt.Value : pushed) : TimeSpan.Zero;
}
