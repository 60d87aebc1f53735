using System.Text.Json;
using Amazon.Runtime;
using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;
using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.Provisioning;

namespace RunnerFleet.Aws.Secrets;

/// <summary>What a reference was found to be: its value, or why there is none.</summary>
internal readonly record struct SecretFinding(string? Value, string? Failure)
{
    public override string ToString() => Failure ?? "a value";
}

/// <summary>Reads what references stand for. Nothing of a value gets into what it says of a failure.</summary>
internal sealed class SecretReader(IServiceProvider services, TimeProvider clock)
{
    private const int MaxWords = 300;

    /// <summary>Reads references, each source once, however many refer to it.</summary>
    public async Task<IReadOnlyDictionary<SecretReference, SecretFinding>> ReadAsync(IReadOnlyCollection<SecretReference> references, TimeSpan limit)
    {
        var sources = await Task.WhenAll(references.GroupBy(r => (r.IsParameter, r.Id)).Select(async source =>
        {
            var whole = await ReadAsync(source.Key.IsParameter, source.Key.Id, limit).ConfigureAwait(false);
            return source.Select(reference => KeyValuePair.Create(reference, reference.Key is { } key && whole.Value is { } value ? MemberOf(value, key) : whole));
        })).ConfigureAwait(false);
        return sources.SelectMany(source => source).ToDictionary();
    }

    private async Task<SecretFinding> ReadAsync(bool isParameter, string id, TimeSpan limit)
    {
        if (id.Length == 0)
        {
            return new(null, $"it names nothing; write {(isParameter ? "ssm:/path/name" : "secretsmanager:name")}.");
        }

        try
        {
            var value = await Bounded.CallAsync(token => isParameter ? ParameterAsync(id, token) : SecretAsync(id, token), limit, clock, CancellationToken.None).ConfigureAwait(false);
            return value is null ? new(null, "it holds bytes; a setting needs a text.")
                : value.Length == 0 ? new(null, "it is empty.")
                : new(value, null);
        }
#pragma warning disable CA1031 // the outside may fail in any way, and so may the making of a client
        catch (Exception e)
#pragma warning restore CA1031
        {
            return new(null, Explain(e, isParameter));
        }
    }

    // The clients are asked for late: a fleet without a reference needs neither region nor credentials.
    private async Task<string?> ParameterAsync(string id, CancellationToken cancellationToken)
    {
        var request = new GetParameterRequest { Name = id, WithDecryption = true };
        return (await services.GetRequiredService<IAmazonSimpleSystemsManagement>().GetParameterAsync(request, cancellationToken).ConfigureAwait(false)).Parameter.Value;
    }

    private async Task<string?> SecretAsync(string id, CancellationToken cancellationToken) =>
        (await services.GetRequiredService<ISecretsManagerApi>().GetSecretValueAsync(id, cancellationToken).ConfigureAwait(false)).SecretString;

    private static SecretFinding MemberOf(string value, string key)
    {
        try
        {
            using var document = JsonDocument.Parse(value);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return new(null, $"it is no JSON object, so it has no member {key.Quoted()}.");
            }

            return !document.RootElement.TryGetProperty(key, out var member) ? new(null, $"it has no member {key.Quoted()}.")
                : member.ValueKind == JsonValueKind.String && member.GetString() is { Length: > 0 } text ? new(text, null)
                : new(null, $"its member {key.Quoted()} is no text, or an empty one.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // their messages quote what they read
        {
            return new(null, $"it is not JSON, so it has no member {key.Quoted()}.");
        }
    }

    private static string Explain(Exception exception, bool isParameter) => exception switch
    {
        AmazonServiceException { ErrorCode: "ParameterNotFound" or "ParameterVersionNotFound" } => "there is no such parameter in this account and region.",
        AmazonServiceException { ErrorCode: "ResourceNotFoundException" } => "there is no such secret in this account and region.",
        AmazonServiceException { ErrorCode: "AccessDeniedException" } => $"AWS refuses it; the host needs {(isParameter ? "ssm:GetParameter" : "secretsmanager:GetSecretValue")} on it, and kms:Decrypt where its key is your own.",
        InvalidOperationException { InnerException: AmazonClientException } => exception.Message, // no client could be made; in one line
        _ => exception.Message.ToOneLine(MaxWords).Trim(),
    };
}
