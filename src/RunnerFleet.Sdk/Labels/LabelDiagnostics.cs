using RunnerFleet.Runners;

namespace RunnerFleet.Labels;

/// <summary>The codes with which the built-in label parser refuses a job that is meant for the fleet. Operators alert on them, so they do not change.</summary>
public static class LabelDiagnostics
{
    /// <summary>Neither a <c>class:</c> nor an <c>image:</c> label, where <see cref="LabelOptions.RequireClassOrImage"/> asks for one.</summary>
    public const string ClassOrImageRequired = ReasonCodes.ClassOrImageRequired;

    /// <summary>There is no class of that name.</summary>
    public const string UnknownClass = ReasonCodes.UnknownClass;

    /// <summary>Two different classes.</summary>
    public const string SeveralClasses = "SEVERAL_CLASSES";

    /// <summary>What follows <c>image:</c> is no image reference, or one that is refused whatever the policy.</summary>
    public const string ImageMalformed = "IMAGE_MALFORMED";

    /// <summary>The image is not on the fleet's allow-list.</summary>
    public const string ImageNotAllowed = "IMAGE_NOT_ALLOWED";

    /// <summary>Two different images.</summary>
    public const string SeveralImages = "SEVERAL_IMAGES";

    /// <summary>The fleet's launcher runs no container images, or the fleet has no image builder.</summary>
    public const string ImagesUnsupported = "IMAGES_UNSUPPORTED";

    /// <summary>Two different architectures.</summary>
    public const string SeveralArchitectures = "SEVERAL_ARCHITECTURES";

    /// <summary>The architecture is not that of the job's class.</summary>
    public const string ArchitectureMismatch = "ARCHITECTURE_MISMATCH";

    /// <summary>The fleet's launcher does not have that architecture.</summary>
    public const string ArchitectureUnsupported = "ARCHITECTURE_UNSUPPORTED";

    /// <summary>What follows <c>capacity:</c> is neither <c>spot</c> nor <c>on-demand</c>.</summary>
    public const string UnknownCapacity = "UNKNOWN_CAPACITY";

    /// <summary>Both kinds of capacity.</summary>
    public const string SeveralCapacities = "SEVERAL_CAPACITIES";

    /// <summary>The fleet's launcher offers no spot capacity.</summary>
    public const string SpotUnsupported = "SPOT_UNSUPPORTED";

    /// <summary>What follows <c>disk:</c> is not a whole number of GiB within the limits.</summary>
    public const string DiskOutOfRange = "DISK_OUT_OF_RANGE";

    /// <summary>Two different disk sizes.</summary>
    public const string SeveralDisks = "SEVERAL_DISKS";
}
