using System.Text.Json;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.Aws.SecretsManager;

/// <summary>Secrets Manager's operations (API Reference, version 2017-10-17).</summary>
internal sealed class SecretsManagerService(Secrets secrets) : AwsStandInService("secretsmanager", "secretsmanager")
{
    public override JsonObject Answer(string operation, JsonElement body) => operation == "GetSecretValue" ? GetValue(body) : throw UnknownOperation(operation);

    private JsonObject GetValue(JsonElement body)
    {
        if (body.Text("SecretId") is not { Length: > 0 and <= 2048 } id)
        {
            throw new AwsStandInException("ValidationException", "1 validation error detected: Value at 'secretId' failed to satisfy constraint: Member must have length between 1 and 2048.");
        }

        var secret = secrets.Find(id) ?? throw new AwsStandInException("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
        if (secret.IsDeleted)
        {
            throw new AwsStandInException("InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.");
        }

        var (versionId, stage) = (body.Text("VersionId"), body.Text("VersionStage"));
        var version = Secrets.VersionOf(secret, versionId, stage)
            ?? throw new AwsStandInException("ResourceNotFoundException", $"Secrets Manager can't find the specified secret value for {(versionId is null ? $"staging label: {stage}" : $"VersionId: {versionId}")}");
        var answer = new JsonObject
        {
            ["ARN"] = secret.Arn,
            ["Name"] = secret.Name,
            ["VersionId"] = version.Id,
            ["VersionStages"] = new JsonArray([.. version.Stages.Order(StringComparer.Ordinal).Select(s => JsonValue.Create(s))]),
            ["CreatedDate"] = version.At.ToUnixTimeMilliseconds() / 1000d,
        };
        if (version.Text is not null)
        {
            answer["SecretString"] = version.Text;
        }
        else
        {
            answer["SecretBinary"] = Convert.ToBase64String(version.Bytes!);
        }

        return answer;
    }
}
