using System.Diagnostics.CodeAnalysis;

namespace RunnerFleet.Aws.Secrets;

/// <summary>What a setting refers to.</summary>
/// <param name="Text">The setting as it is written.</param>
/// <param name="IsParameter">Whether it is a parameter of Systems Manager; else a secret of Secrets Manager.</param>
/// <param name="Id">The name or ARN there.</param>
/// <param name="Key">The member of a JSON object, where one is wanted.</param>
internal sealed record SecretReference(string Text, bool IsParameter, string Id, string? Key)
{
    private const string Parameter = "ssm:";
    private const string Secret = "secretsmanager:";

    public static bool TryRead(string? setting, [NotNullWhen(true)] out SecretReference? reference)
    {
        reference = null;
        var isParameter = setting?.StartsWith(Parameter, StringComparison.Ordinal) ?? false;
        if (setting is null || !(isParameter || setting.StartsWith(Secret, StringComparison.Ordinal)))
        {
            return false;
        }

        var rest = setting[(isParameter ? Parameter : Secret).Length..];
        var hash = rest.IndexOf('#', StringComparison.Ordinal); // in no name and no ARN of either service
        reference = hash < 0 ? new(setting, isParameter, rest, null) : new(setting, isParameter, rest[..hash], rest[(hash + 1)..]);
        return true;
    }
}
