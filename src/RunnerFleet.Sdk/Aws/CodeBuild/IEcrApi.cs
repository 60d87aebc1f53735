using Amazon.Runtime;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>What a fleet asks of Amazon ECR. The fleet brings a client of its own; implement this to put another in its place, such as that of the package <c>AWSSDK.ECR</c>.</summary>
/// <remarks>
/// An error that ECR answers is an <see cref="AmazonServiceException"/> whose <see cref="AmazonServiceException.ErrorCode"/> is ECR's own, such as <c>RepositoryNotFoundException</c>.
/// An image that is not there (<c>ImageNotFoundException</c>) is an answer, not an error.
/// </remarks>
public interface IEcrApi
{
    /// <summary>Looks at one image (ECR's DescribeImages); <see langword="null"/> where the repository has none of that tag or digest.</summary>
    Task<EcrImage?> DescribeImageAsync(EcrImageQuery query, CancellationToken cancellationToken);
}

/// <summary>Which image is looked at: one by its tag, or by its digest.</summary>
public sealed record EcrImageQuery
{
    /// <summary>The account whose registry it is in; <see langword="null"/> for the caller's own.</summary>
    public string? RegistryId { get; init; }

    /// <summary>The repository.</summary>
    public required string RepositoryName { get; init; }

    /// <summary>The tag, unless <see cref="ImageDigest"/> is given.</summary>
    public string? ImageTag { get; init; }

    /// <summary>The digest, unless <see cref="ImageTag"/> is given.</summary>
    public string? ImageDigest { get; init; }
}

/// <summary>An image of a repository.</summary>
public sealed record EcrImage
{
    /// <summary>Its digest, such as <c>sha256:…</c>.</summary>
    public required string ImageDigest { get; init; }

    /// <summary>The tags that are on it now.</summary>
    public IReadOnlyList<string>? ImageTags { get; init; }

    /// <summary>When it was pushed. Pushing the very same content again does not change it.</summary>
    public DateTimeOffset? ImagePushedAt { get; init; }

    /// <summary>Its size in bytes, compressed.</summary>
    public long? ImageSizeInBytes { get; init; }

    /// <summary><c>ACTIVE</c>; an image that is <c>ARCHIVED</c> or <c>ACTIVATING</c> cannot be pulled. <see langword="null"/> counts as active.</summary>
    public string? ImageStatus { get; init; }
}
