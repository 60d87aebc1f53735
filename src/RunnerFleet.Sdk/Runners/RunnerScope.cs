using System.Text.Json.Serialization;

namespace RunnerFleet.Runners;

/// <summary>Which kind of owner a runner registers with.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunnerScopeKind>))]
public enum RunnerScopeKind
{
    /// <summary>One repository.</summary>
    Repository,

    /// <summary>An organization: its runner group decides which repositories may use the runner.</summary>
    Organization,

    /// <summary>An enterprise: its runner group decides which organizations may use the runner.</summary>
    Enterprise,
}

/// <summary>Where a runner registers at GitHub.</summary>
public sealed record RunnerScope
{
    /// <summary>The GitHub host as people write it, such as <c>github.com</c>. It names the scope; the API address comes from options, never from a payload.</summary>
    public string Host { get; init => field = value ?? "github.com"; } = "github.com";

    /// <summary>Repository, organization or enterprise.</summary>
    public required RunnerScopeKind Kind { get; init; }

    /// <summary>The repository's owner, the organization or the enterprise.</summary>
    public required string Owner { get; init; }

    /// <summary>The repository's name; <see langword="null"/> for other kinds.</summary>
    public string? Repository { get; init; }

    /// <summary>The runner group's id. 1 is the default group, and the only one a repository knows.</summary>
    public long RunnerGroupId { get; init => field = value == 0 ? 1 : value; } = 1;

    /// <summary>The GitHub App installation that may act here; <see langword="null"/> where a token is used.</summary>
    public long? InstallationId { get; init; }

    /// <summary>The path of the scope in GitHub's REST API: <c>repos/o/r</c>, <c>orgs/o</c> or <c>enterprises/e</c>.</summary>
    [JsonIgnore]
    public string ApiPath => Kind switch
    {
        RunnerScopeKind.Repository => $"repos/{Uri.EscapeDataString(Owner)}/{Uri.EscapeDataString(Repository ?? "")}",
        RunnerScopeKind.Organization => $"orgs/{Uri.EscapeDataString(Owner)}",
        _ => $"enterprises/{Uri.EscapeDataString(Owner)}",
    };

    /// <summary>The scope as one lower-case word for keys: host, path and runner group.</summary>
    [JsonIgnore]
    public string Key => $"{Host}/{ApiPath}#{RunnerGroupId}".ToLowerInvariant();

    /// <inheritdoc/>
    public override string ToString() => $"{Host}/{ApiPath}";
}
