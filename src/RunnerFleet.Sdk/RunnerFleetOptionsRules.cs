using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using RunnerFleet.GitHub;
using RunnerFleet.Images;
using RunnerFleet.Labels;

namespace RunnerFleet;

/// <summary>
/// Checks what attributes cannot say: settings that depend on each other, and lists. Each message names the setting as configuration does,
/// what it is, and what to do. Secrets are never quoted.
/// </summary>
internal sealed partial class RunnerFleetOptionsRules : IValidateOptions<RunnerFleetOptions>
{
    private const int MinClaimKeyLength = 16;
    private const long DefaultRunnerGroup = 1;

    private static readonly RunnerClassOptionsValidator s_classValidator = new();

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, RunnerFleetOptions options)
    {
        List<string> failures =
        [
            .. Addresses(options),
            .. Secrets(options),
            .. Scope(options.GitHub, options.Policy),
            .. Labels(options.Labels),
            .. Classes(options),
            .. Policy(options.Policy),
            .. Timing(options.Timing),
        ];
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Addresses(RunnerFleetOptions options)
    {
        if (options.PublicUrl is { } publicUrl && AddressError(publicUrl, IsPrivate(publicUrl), "at a loopback or private IP address") is { } publicError)
        {
            yield return $"RunnerFleet:PublicUrl is '{Shown(publicUrl)}'; {publicError}";
        }

        if (AddressError(options.GitHub.ApiUrl, mayBePlain: false, "on loopback") is { } apiError)
        {
            yield return $"RunnerFleet:GitHub:ApiUrl is '{Shown(options.GitHub.ApiUrl)}'; {apiError}";
        }
    }

    private static string? AddressError(Uri? address, bool mayBePlain, string whereElse) => address switch
    {
        null or { IsAbsoluteUri: false } => "write a whole address, beginning with https://.",
        { Scheme: not ("http" or "https") } => "write an https address.",
        { Scheme: "http", IsLoopback: false } when !mayBePlain => $"write https: plain http would show credentials to the network, and is allowed {whereElse} only.",
        { UserInfo.Length: > 0 } or { Query.Length: > 0 } or { Fragment.Length: > 0 } => "write it without user, query and fragment: paths are added to it.",
        _ => null,
    };

    /// <summary>An address of RFC 1918 or RFC 4193, such as a container bridge's, over which containers reach their own machine and for which nobody issues certificates.</summary>
    private static bool IsPrivate(Uri address) => address.IsAbsoluteUri && IPAddress.TryParse(address.DnsSafeHost, out var ip)
        && (ip.IsIPv6UniqueLocal || (ip.GetAddressBytes() is [var a, var b, _, _] && (a is 10 || (a is 172 && b is >= 16 and <= 31) || (a is 192 && b is 168))));

    /// <summary>An address without the parts that may hold a password.</summary>
    private static string? Shown(Uri? address) =>
        address is { IsAbsoluteUri: true } ? address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) : address?.ToString();

    private static IEnumerable<string> Secrets(RunnerFleetOptions options)
    {
        for (var i = 0; i < options.ClaimKeys.Count; i++)
        {
            if (options.ClaimKeys[i] is not { Length: >= MinClaimKeyLength })
            {
                yield return $"RunnerFleet:ClaimKeys:{i} has {options.ClaimKeys[i]?.Length ?? 0} characters; it needs at least {MinClaimKeyLength}. Take random ones.";
            }
        }

        for (var i = 0; i < options.GitHub.PreviousWebhookSecrets.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(options.GitHub.PreviousWebhookSecrets[i]))
            {
                yield return $"RunnerFleet:GitHub:PreviousWebhookSecrets:{i} is empty; anyone could sign with it. Remove it.";
            }
        }

        if (options.GitHub.Token is { } token && token.Any(character => char.IsWhiteSpace(character) || char.IsControl(character)))
        {
            yield return "RunnerFleet:GitHub:Token has white space or a line break in it; write the token alone.";
        }
    }

    private static IEnumerable<string> Scope(GitHubOptions gitHub, PolicyOptions policy)
    {
        (string Name, string? Value)[] all = [("Repository", gitHub.Repository), ("Organization", gitHub.Organization), ("Enterprise", gitHub.Enterprise)];
        var scopes = all.Where(scope => !string.IsNullOrEmpty(scope.Value)).Select(scope => (Path: $"RunnerFleet:GitHub:{scope.Name}", scope.Value)).ToList();
        if (scopes.Count > 1)
        {
            yield return $"{string.Join(" and ", scopes.Select(scope => $"{scope.Path} ('{scope.Value}')"))} are set together; a fleet has one scope. Keep one.";
        }

        var hasGroups = !string.IsNullOrEmpty(gitHub.Organization) || !string.IsNullOrEmpty(gitHub.Enterprise);
        if (hasGroups && gitHub.RunnerGroupId == DefaultRunnerGroup && !policy.AllowDefaultRunnerGroup)
        {
            yield return $"RunnerFleet:GitHub:RunnerGroupId is {DefaultRunnerGroup}, the default group, which every repository of {scopes[0].Path} ('{scopes[0].Value}') may use. Set the id of a group of the fleet's own, or set RunnerFleet:Policy:AllowDefaultRunnerGroup (now false) to true.";
        }

        if (gitHub.WebhookId is { } hook && string.IsNullOrEmpty(gitHub.Repository) && string.IsNullOrEmpty(gitHub.Organization))
        {
            yield return $"RunnerFleet:GitHub:WebhookId is {hook}, but neither RunnerFleet:GitHub:Repository nor :Organization says whose webhook it is. Set one of them, or remove it.";
        }

        if (!hasGroups && gitHub.RunnerGroupId != DefaultRunnerGroup)
        {
            yield return $"RunnerFleet:GitHub:RunnerGroupId is {gitHub.RunnerGroupId}, but RunnerFleet:GitHub:Organization and :Enterprise are not set and a repository knows no runner groups. Remove it, or set one of them.";
        }
    }

    private static IEnumerable<string> Labels(LabelOptions labels)
    {
        if (labels.RequiredLabel is { Length: > 0 } required && MeaningError(required) is { } requiredError)
        {
            yield return $"RunnerFleet:Labels:RequiredLabel is '{required}'; {requiredError}";
        }

        for (var i = 0; i < labels.OwnLabels.Count; i++)
        {
            var own = labels.OwnLabels[i];
            if (own is null || !LabelGrammar().IsMatch(own))
            {
                yield return $"RunnerFleet:Labels:OwnLabels:{i} is '{own}'; write 1 to 128 of A-Z a-z 0-9 . _ / ; : = -";
            }
            else if (MeaningError(own) is { } ownError)
            {
                yield return $"RunnerFleet:Labels:OwnLabels:{i} is '{own}'; {ownError}";
            }
        }

        if (labels.DefaultImage is { } image && !ImageReference.TryParse(image, out _, out var imageError))
        {
            yield return $"RunnerFleet:Labels:DefaultImage is '{image}'; write an image reference such as docker.io/library/ubuntu:24.04. {imageError}";
        }
    }

    private static string? MeaningError(string label)
    {
        var word = label.ToLowerInvariant();
        return LabelWords.IsWish(word) ? "image:, class:, capacity: and disk: have a meaning of their own. Choose another label."
            : LabelWords.IsOtherSystem(word) ? "it asks for another operating system, and fleets run Linux. Choose another label."
            : null;
    }

    private static IEnumerable<string> Classes(RunnerFleetOptions options)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, settings) in options.Classes)
        {
            var path = $"RunnerFleet:Classes:{name}";
            if (!ClassNameGrammar().IsMatch(name))
            {
                yield return $"{path}: the class's name '{name}' must have 1 to 32 of a-z 0-9 . _ -";
            }

            if (!seen.Add(name))
            {
                yield return $"{path} is there twice; class names differ in more than case. Rename one.";
            }

            foreach (var failure in settings is null ? ["is empty; give it Cpu and Memory."] : s_classValidator.Validate(path, settings).Failures ?? [])
            {
                yield return $"{path}:{failure}";
            }
        }

        // Without classes here another catalogue may know the name.
        if (options.Labels.DefaultClass is { } defaultClass && options.Classes.Count > 0 && !seen.Contains(defaultClass))
        {
            yield return $"RunnerFleet:Labels:DefaultClass is '{defaultClass}', but RunnerFleet:Classes has only {string.Join(", ", options.Classes.Keys)}. Name one of these, or add the class.";
        }
    }

    private static IEnumerable<string> Policy(PolicyOptions policy)
    {
        for (var i = 0; i < policy.Repositories.Count; i++)
        {
            var entry = policy.Repositories[i];
            var isOwner = entry is not null && entry.EndsWith("/*", StringComparison.Ordinal) && RepositoryNames.IsPart(entry[..^2]);
            if (!isOwner && !RepositoryNames.IsFullName(entry))
            {
                yield return $"RunnerFleet:Policy:Repositories:{i} is '{entry}'; write owner/name or owner/*.";
            }
        }

        for (var i = 0; i < policy.PublicRepositories.Count; i++)
        {
            var entry = policy.PublicRepositories[i];
            if (entry != "*" && !RepositoryNames.IsFullName(entry))
            {
                yield return $"RunnerFleet:Policy:PublicRepositories:{i} is '{entry}'; write owner/name, or * for all.";
            }
        }

        for (var i = 0; i < policy.Images.Count; i++)
        {
            if (!ImagePolicyEntry.TryParse(policy.Images[i] ?? "", out _, out var error))
            {
                yield return $"RunnerFleet:Policy:Images:{i} is '{policy.Images[i]}'; write registry/path, or registry/path/* for all below. {error}";
            }
        }
    }

    private static IEnumerable<string> Timing(TimingOptions timing)
    {
        const string Ttl = "RunnerFleet:Timing:RunnerTtlSeconds";
        if (timing.ClaimTimeoutSeconds >= timing.RunnerTtlSeconds)
        {
            yield return $"RunnerFleet:Timing:ClaimTimeoutSeconds is {timing.ClaimTimeoutSeconds} and {Ttl} is {timing.RunnerTtlSeconds}, which bounds it; make the first smaller.";
        }

        if (timing.StartingTimeoutSeconds >= timing.RunnerTtlSeconds)
        {
            yield return $"RunnerFleet:Timing:StartingTimeoutSeconds is {timing.StartingTimeoutSeconds} and {Ttl} is {timing.RunnerTtlSeconds}, which bounds it; make the first smaller.";
        }

        if (timing.LaunchTimeoutSeconds >= timing.StartingTimeoutSeconds)
        {
            yield return $"RunnerFleet:Timing:LaunchTimeoutSeconds is {timing.LaunchTimeoutSeconds} and RunnerFleet:Timing:StartingTimeoutSeconds is {timing.StartingTimeoutSeconds}; a launch whose reply is lost must leave time to look for it. Make the first smaller.";
        }

        if (timing.RetrySeconds > timing.RetryMaxSeconds)
        {
            yield return $"RunnerFleet:Timing:RetrySeconds is {timing.RetrySeconds} and RunnerFleet:Timing:RetryMaxSeconds is {timing.RetryMaxSeconds}; the first distance between tries cannot exceed the longest. Make it smaller.";
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9._/;:=-]{1,128}\z")]
    private static partial Regex LabelGrammar();

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,32}\z")]
    private static partial Regex ClassNameGrammar();
}
