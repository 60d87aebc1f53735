using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace RunnerFleet.Aws.Secrets;

/// <summary>Puts values in the place of references, in the settings of the fleet that hold secrets, and fails the validation of settings whose references cannot be read.</summary>
internal sealed class ReferencedSettings(SecretValues values) : IPostConfigureOptions<RunnerFleetOptions>, IValidateOptions<RunnerFleetOptions>
{
    private const string Unreadable = ", which cannot be read: ";

    private readonly ConditionalWeakTable<RunnerFleetOptions, List<string>> _failures = [];

    public static bool IsUnreadable(string failure) => failure.Contains(Unreadable, StringComparison.Ordinal);

    public void PostConfigure(string? name, RunnerFleetOptions options)
    {
        var referring = SecretsOf(options).Select(setting => (setting.Path, setting.Set, Reference: SecretReference.TryRead(setting.Value, out var reference) ? reference : null))
            .Where(setting => setting.Reference is not null).ToList();
        var findings = values.OfSettings([.. referring.Select(setting => setting.Reference!)]);
        var failures = new List<string>();
        foreach (var (path, set, reference) in referring)
        {
            if (findings[reference!] is { Value: { } value })
            {
                set(value);
            }
            else
            {
                failures.Add($"{path} refers to {reference!.Text.Quoted()}{Unreadable}{findings[reference].Failure}");
                set(RandomNumberGenerator.GetHexString(32)); // nobody's secret: the name of a reference is known to many, and too short for some rules
            }
        }

        _failures.AddOrUpdate(options, failures);
    }

    public ValidateOptionsResult Validate(string? name, RunnerFleetOptions options) =>
        _failures.TryGetValue(options, out var failures) && failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;

    private static IEnumerable<(string Path, string? Value, Action<string> Set)> SecretsOf(RunnerFleetOptions options)
    {
        yield return ("RunnerFleet:GitHub:WebhookSecret", options.GitHub.WebhookSecret, value => options.GitHub.WebhookSecret = value);
        yield return ("RunnerFleet:GitHub:Token", options.GitHub.Token, value => options.GitHub.Token = value);
        foreach (var secret in ItemsOf("RunnerFleet:GitHub:PreviousWebhookSecrets", options.GitHub.PreviousWebhookSecrets).Concat(ItemsOf("RunnerFleet:ClaimKeys", options.ClaimKeys)))
        {
            yield return secret;
        }
    }

    private static IEnumerable<(string Path, string? Value, Action<string> Set)> ItemsOf(string path, IList<string> list) =>
        Enumerable.Range(0, list.Count).Select(i => (FormattableString.Invariant($"{path}:{i}"), (string?)list[i], (Action<string>)(value => list[i] = value)));
}
