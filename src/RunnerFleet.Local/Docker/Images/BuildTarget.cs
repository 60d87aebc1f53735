namespace RunnerFleet.Local.Docker;

/// <summary>An image that can be built: its name says from what.</summary>
internal sealed record BuildTarget
{
    public required string BaseImage { get; init; }

    public required string Architecture { get; init; }

    public required BuildContext Context { get; init; }

    /// <summary>The hash of all that goes into it.</summary>
    public required string Content { get; init; }

    /// <summary>
    /// Its name, which is also the id of its build. It is what runners are started from, and not the engine's id of the image: people can read it, a launch that is sent again finds the
    /// image even after it was removed and built anew, and since it is made of the content, nobody has a reason to give it to another image.
    /// </summary>
    public required string Image { get; init; }

    public required BuildFiles Files { get; init; }
}
