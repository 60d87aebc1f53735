using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using RunnerFleet.Images;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>An image that can be built. Its tag says from what: the front is for people, and the hash at its end alone tells two images apart.</summary>
internal sealed partial record ImageTarget
{
    private const int ReadableLength = 60;
    private const int HashLength = 24;

    public required string BaseImage { get; init; }

    public required string Architecture { get; init; }

    public required string Tag { get; init; }

    /// <summary>Reads what is asked for, or says why there can be no such image.</summary>
    public static bool TryRead(ImageRequest request, CodeBuildImageOptions options, [NotNullWhen(true)] out ImageTarget? target, [NotNullWhen(false)] out ImageOutcome.Failed? refusal)
    {
        (target, refusal) = (null, null);
        if (!ImageReference.TryParse(request.BaseImage, out var baseImage, out var error))
        {
            refusal = new ImageOutcome.Failed($"{request.BaseImage.Quoted()} cannot be built from. {error}");
        }
        else if (request.Architecture is not ("x64" or "arm64"))
        {
            refusal = new ImageOutcome.Failed($"There are no runner images for the architecture {request.Architecture.Quoted()}. Use x64 or arm64.");
        }
        else
        {
            var hash = HashOf(baseImage.ToString(), request.Architecture, options);
            target = new ImageTarget { BaseImage = baseImage.ToString(), Architecture = request.Architecture, Tag = $"{Readable(baseImage)}-{request.Architecture}-{hash}" };
        }

        return target is not null;
    }

    /// <summary>Whether a tag is one of ours: the repository may hold others.</summary>
    public static bool IsTag(string tag) => TagGrammar().IsMatch(tag);

    /// <summary>The request that builds it.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="fleet">The fleet.</param>
    /// <param name="number">Which build of this image it is, as the fleet counts: each has a token of its own.</param>
    /// <param name="isRefresh">Whether it is built although it is there, or was: then from its base up.</param>
    public CodeBuildStart ToRequest(CodeBuildImageOptions options, string fleet, int number, bool isRefresh)
    {
        var count = number.ToString(CultureInfo.InvariantCulture);
        var isArmOverride = Architecture == "arm64" && options.ArmProject is null;
        var image = isArmOverride ? options.ArmImage : null;
        return new CodeBuildStart
        {
            ProjectName = ProjectOf(Architecture, options),
            IdempotencyToken = Hash("runnerfleet build", [fleet, Tag, count])[..32],
            SourceVersion = options.SourceVersion,
            EnvironmentVariablesOverride = Variables(options, fleet, count, isRefresh).ToDictionary(variable => variable.Name, variable => variable.Value, StringComparer.Ordinal),
            EnvironmentTypeOverride = isArmOverride ? "ARM_CONTAINER" : null,
            ImageOverride = image,
            ImagePullCredentialsTypeOverride = image is null ? null : image.StartsWith("aws/codebuild/", StringComparison.Ordinal) ? "CODEBUILD" : "SERVICE_ROLE",
            PrivilegedModeOverride = true, // building an image takes a Docker daemon
            TimeoutInMinutesOverride = options.BuildTimeoutMinutes,
            QueuedTimeoutInMinutesOverride = options.QueueTimeoutMinutes,
        };
    }

    private IEnumerable<(string Name, string Value)> Variables(CodeBuildImageOptions options, string fleet, string number, bool isRefresh)
    {
        yield return (BuildVariables.BaseImage, BaseImage);
        yield return (BuildVariables.ImageTag, Tag);
        yield return (BuildVariables.RepositoryUri, options.RepositoryUri);
        yield return (BuildVariables.Architecture, Architecture);
        yield return (BuildVariables.Fleet, fleet);
        yield return (BuildVariables.Number, number);
        if (options.RunnerVersion is { } version)
        {
            yield return (BuildVariables.RunnerVersion, version);
        }

        if (isRefresh)
        {
            yield return (BuildVariables.NoCache, "true");
        }

        foreach (var (name, value) in options.BuildArguments.OrderBy(argument => argument.Key, StringComparer.Ordinal))
        {
            yield return (BuildVariables.ArgumentPrefix + name, value);
        }

        // As the buildspec of FonsecaGoncalo/ECS-Runner-Fleet reads them.
        yield return ("BASE_IMAGE", BaseImage);
        yield return ("TAG", Tag);
        yield return ("REPO_URI", options.RepositoryUri);
    }

    /// <summary>All that goes into an image. The project is where the source comes from, so that two projects never take each other's images for their own.</summary>
    private static string HashOf(string baseImage, string architecture, CodeBuildImageOptions options) => Hash("runnerfleet image 1", // raise the number when all images are to be built anew
    [
        baseImage, architecture, ProjectOf(architecture, options), options.SourceVersion ?? "", options.RunnerVersion ?? "",
        .. options.BuildArguments.OrderBy(argument => argument.Key, StringComparer.Ordinal).SelectMany(argument => new[] { argument.Key, argument.Value }),
    ])[..HashLength];

    private static string ProjectOf(string architecture, CodeBuildImageOptions options) => architecture == "arm64" ? options.ArmProject ?? options.Project : options.Project;

    /// <summary>Each text goes in with its length before it, so that no two lists run together into the same bytes.</summary>
    private static string Hash(string kind, IEnumerable<string> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in texts.Prepend(kind))
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes((long)bytes.Length));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Path and tag: their characters, but for the slash, are those of a tag.</summary>
    private static string Readable(ImageReference baseImage)
    {
        const string OfficialImages = "library/";
        var path = baseImage.Path.StartsWith(OfficialImages, StringComparison.Ordinal) ? baseImage.Path[OfficialImages.Length..] : baseImage.Path;
        var text = path.Replace('/', '-') + (baseImage.Tag is { } tag ? "-" + tag : "");
        return text[..Math.Min(text.Length, ReadableLength)];
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,80}-(?:x64|arm64)-[0-9a-f]{24}\z")]
    private static partial Regex TagGrammar();
}

/// <summary>The environment variables that a buildspec finds, and the one that it may leave. <c>samples/Terraform/modules/image-build-project</c> has one that does.</summary>
internal static class BuildVariables
{
    public const string BaseImage = "RUNNERFLEET_BASE_IMAGE";
    public const string ImageTag = "RUNNERFLEET_IMAGE_TAG";
    public const string RepositoryUri = "RUNNERFLEET_REPOSITORY_URI";
    public const string Architecture = "RUNNERFLEET_ARCHITECTURE";
    public const string RunnerVersion = "RUNNERFLEET_RUNNER_VERSION";
    public const string Fleet = "RUNNERFLEET_FLEET";
    public const string Number = "RUNNERFLEET_BUILD_NUMBER";
    public const string NoCache = "RUNNERFLEET_NO_CACHE";
    public const string ArgumentPrefix = "RUNNERFLEET_BUILD_ARG_";

    /// <summary>Let out by the build: the sentence that says why it failed.</summary>
    public const string Failure = "RUNNERFLEET_FAILURE";
}
