using System.Text.RegularExpressions;
using Amazon;
using Amazon.Extensions.NETCore.Setup;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using RunnerFleet.Cli.CommandLine;

namespace RunnerFleet.Cli.Connection;

/// <summary>Region, credentials and patience of all AWS clients.</summary>
internal static partial class AwsAccess
{
    private const int Retries = 3;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10); // of one try; --timeout bounds the whole

    public static AWSOptions OptionsFor(ToolSettings settings, Func<string, string?> variables, Questions questions)
    {
        var profile = ProfileOf(settings, variables);
        var region = settings.Region ?? profile?.Region?.SystemName
            ?? throw new UsageException("Which region? Set AWS_REGION, give --region, or give the profile one (aws configure set region).");
        return RegionGrammar().IsMatch(region)
            ? new()
            {
                Region = RegionEndpoint.GetBySystemName(region),
                Credentials = profile is not null && IsProfileChosen(settings, variables) ? CredentialsOf(profile, questions) : null, // the SDK looks for others itself
                // A custom endpoint's address says nothing of the region; this does.
                DefaultClientConfig = { AuthenticationRegion = region, MaxErrorRetry = Retries, Timeout = s_patience },
            }
            : throw new UsageException($"'{region}' is no AWS region, such as eu-central-1.");
    }

    /// <summary>The profile that was asked for, or else the one that the SDK would take.</summary>
    private static CredentialProfile? ProfileOf(ToolSettings settings, Func<string, string?> variables)
    {
        var name = settings.Profile ?? Variable(variables, "AWS_PROFILE");
        return new CredentialProfileStoreChain().TryGetProfile(name ?? "default", out var profile) ? profile
            : name is null ? null
            : throw new UsageException($"There is no AWS profile '{name}'. See: aws configure list-profiles");
    }

    /// <summary>As everywhere with AWS: keys in the environment go before a profile that is named there, and a profile that is named here before both.</summary>
    private static bool IsProfileChosen(ToolSettings settings, Func<string, string?> variables) =>
        settings.Profile is not null || (Variable(variables, "AWS_PROFILE") is not null && Variable(variables, "AWS_ACCESS_KEY_ID") is null);

    private static string? Variable(Func<string, string?> variables, string name) => variables(name) is { Length: > 0 } value ? value : null;

    private static AWSCredentials CredentialsOf(CredentialProfile profile, Questions questions)
    {
        var credentials = profile.GetAWSCredentials(new CredentialProfileStoreChain());
        if (credentials is AssumeRoleAWSCredentials { Options: { MfaSerialNumber: { Length: > 0 } device } options } && questions.CanBeAsked)
        {
            options.MfaTokenCodeCallback = () => questions.Ask($"MFA code of {device}:");
        }

        return credentials;
    }

    [GeneratedRegex(@"\A[a-z]{2,6}(-[a-z0-9]{1,12}){1,4}\z")]
    private static partial Regex RegionGrammar();
}
