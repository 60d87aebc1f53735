using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>A repository of a private ECR registry, read from its address.</summary>
/// <param name="Uri">The address, as <c>docker push</c> takes it: <c>123456789012.dkr.ecr.eu-central-1.amazonaws.com/runners</c>.</param>
/// <param name="RegistryId">The account that it belongs to.</param>
/// <param name="Name">Its name there.</param>
internal sealed partial record EcrRepository(string Uri, string RegistryId, string Name)
{
    public static bool TryRead(string uri, [NotNullWhen(true)] out EcrRepository? repository)
    {
        repository = Grammar().Match(uri) is { Success: true } match && match.Groups["name"].Length is >= 2 and <= 256
            ? new EcrRepository(uri, match.Groups["account"].Value, match.Groups["name"].Value)
            : null;
        return repository is not null;
    }

    /// <summary>What is run: the digest alone, so that a tag that moves while a launch is under way does not change what is launched.</summary>
    public string ReferenceTo(string digest) => $"{Uri}@{digest}";

    /// <summary>The digest of a reference that <see cref="ReferenceTo"/> made; <see langword="null"/> for any other.</summary>
    public string? DigestOf(string reference) =>
        reference.StartsWith(Uri + "@", StringComparison.Ordinal) && Digest().IsMatch(reference[(Uri.Length + 1)..]) ? reference[(Uri.Length + 1)..] : null;

    // Names of hosts differ by partition, FIPS and IPv6 (Amazon ECR User Guide, "Private registry"); all begin so.
    [GeneratedRegex(@"\A(?<account>[0-9]{12})\.dkr[.-]ecr(?:-fips)?(?:\.[a-z0-9-]+)+(?::[0-9]{1,5})?/(?<name>[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*)\z")]
    private static partial Regex Grammar();

    [GeneratedRegex(@"\Asha256:[0-9a-f]{64}\z")]
    private static partial Regex Digest();
}
