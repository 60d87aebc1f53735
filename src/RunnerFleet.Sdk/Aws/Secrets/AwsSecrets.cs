using Microsoft.Extensions.Options;

namespace RunnerFleet.Aws.Secrets;

internal sealed class AwsSecrets(SecretValues values, IOptionsMonitor<RunnerFleetOptions> settings) : IAwsSecrets
{
    private volatile bool _settingsAreKnown;

    public string? Resolve(string? setting)
    {
        if (!SecretReference.TryRead(setting, out var reference))
        {
            return setting;
        }

        var finding = values.Of(reference);
        return finding.Value ?? throw new AwsSecretUnavailableException($"A setting refers to {reference.Text.Quoted()}, which cannot be read: {finding.Failure}");
    }

    public bool IsUnreadable(OptionsValidationException failure) => failure.OptionsType == typeof(RunnerFleetOptions) && failure.Failures.All(ReferencedSettings.IsUnreadable);

    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (!_settingsAreKnown)
        {
            await Task.Run(() => settings.CurrentValue, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false); // so that their first use holds nobody up
            _settingsAreKnown = true;
        }

        await values.RefreshAsync(cancellationToken).ConfigureAwait(false);
    }
}
