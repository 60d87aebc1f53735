using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace RunnerFleet.Testing.Aws.SecretsManager;

/// <summary>One version of a secret: a text, or bytes.</summary>
internal sealed record SecretVersion(string Id, string? Text, byte[]? Bytes, DateTimeOffset At)
{
    public HashSet<string> Stages { get; } = new(StringComparer.Ordinal);
}

/// <summary>A secret with its versions, the newest last.</summary>
internal sealed record Secret(string Name, string Arn)
{
    public List<SecretVersion> Versions { get; } = [];

    public bool IsDeleted { get; set; }
}

/// <summary>The secrets of the account (AWS Secrets Manager User Guide, "What's in a secret").</summary>
internal sealed class Secrets(TimeProvider clock, string region, Func<string> account)
{
    private const string Current = "AWSCURRENT";
    private const string Previous = "AWSPREVIOUS";

    private readonly Dictionary<string, Secret> _byName = new(StringComparer.Ordinal);

    public Secret Put(string name, string? text, byte[]? bytes)
    {
        if (!_byName.TryGetValue(name, out var secret))
        {
            secret = _byName[name] = new(name, $"arn:aws:secretsmanager:{region}:{account()}:secret:{name}-{Digest(name)[..6]}");
        }

        secret.IsDeleted = false;
        var version = new SecretVersion(VersionId(name, secret.Versions.Count + 1), text, bytes, clock.GetUtcNow());
        secret.Versions.ForEach(v => v.Stages.Remove(Previous));
        if (secret.Versions.Find(v => v.Stages.Remove(Current)) is { } before)
        {
            before.Stages.Add(Previous);
        }

        version.Stages.Add(Current);
        secret.Versions.Add(version);
        return secret;
    }

    /// <summary>By its name, its ARN, or its ARN without the six characters at the end.</summary>
    public Secret? Find(string id) =>
        _byName.GetValueOrDefault(id) ?? _byName.Values.FirstOrDefault(secret => secret.Arn == id || secret.Arn[..^7] == id);

    public static SecretVersion? VersionOf(Secret secret, string? id, string? stage) =>
        secret.Versions.FindLast(version => (id is null || version.Id == id) && (id is not null && stage is null || version.Stages.Contains(stage ?? Current)));

    private static string VersionId(string name, int number) => new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name} {number}")))[..16]).ToString();

    private static string Digest(string name) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
}
