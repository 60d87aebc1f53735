using System.Text.RegularExpressions;
using Amazon;
using Amazon.Extensions.NETCore.Setup;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;

namespace RunnerFleet.Cli.Connection;

/// <summary>Region, credentials and patience of all AWS clients.</summary>
internal static partial class AwsAccess
{
    private const int Retries = 3;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10); // of one try; --timeout bounds the whole

    public static AWSOptions OptionsFor(ToolSettings settings, ToolHost host)
    {
        var profile = ProfileOf(settings, host);
        var region = settings.Region ?? profile?.Region?.SystemName
            ?? throw new UsageException("Which region? Set AWS_REGION, give --region, or give the profile one (aws configure set region).");
        return RegionGrammar().IsMatch(region)
            ? new()
            {
                Region = RegionEndpoint.GetBySystemName(region),
                Credentials = profile is not null && IsProfileChosen(settings, host) ? CredentialsOf(profile, host) : null, // the SDK looks for others itself
                // A custom endpoint's address says nothing of the region; this does.
                DefaultClientConfig = { AuthenticationRegion = region, MaxErrorRetry = Retries, Timeout = s_patience },
            }
            : throw new UsageException($"'{region}' is no AWS region, such as eu-central-1.");
    }

    /// <summary>The profile that was asked for, or else the one that the SDK would take.</summary>
    private static CredentialProfile? ProfileOf(ToolSettings settings, ToolHost host)
    {
        var name = settings.Profile ?? Variable(host, "AWS_PROFILE");
        return new CredentialProfileStoreChain().TryGetProfile(name ?? "default", out var profile) ? profile
            : name is null ? null
            : throw new UsageException($"There is no AWS profile '{name}'. See: aws configure list-profiles");
    }

    /// <summary>As everywhere with AWS: keys in the environment go before a profile that is named there, and a profile that is named here before both.</summary>
    private static bool IsProfileChosen(ToolSettings settings, ToolHost host) =>
        settings.Profile is not null || (Variable(host, "AWS_PROFILE") is not null && Variable(host, "AWS_ACCESS_KEY_ID") is null);

    private static string? Variable(ToolHost host, string name) => host.Variable(name) is { Length: > 0 } value ? value : null;

    private static AWSCredentials CredentialsOf(CredentialProfile profile, ToolHost host)
    {
        var credentials = profile.GetAWSCredentials(new CredentialProfileStoreChain());
        if (credentials is AssumeRoleAWSCredentials { Options.MfaSerialNumber: { Length: > 0 } device } role && host.Person is { } person)
        {
            role.Options.MfaTokenCodeCallback = () =>
            {
                host.Error.Write($"MFA code of {device}: ");
                return person.ReadLine()?.Trim() ?? "";
            };
        }

        return credentials;
    }

    [GeneratedRegex(@"\A[a-z]{2,6}(-[a-z0-9]{1,12}){1,4}\z")]
    private static partial Regex RegionGrammar();
}
