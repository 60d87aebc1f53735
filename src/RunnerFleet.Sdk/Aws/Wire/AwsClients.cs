using Amazon.Extensions.NETCore.Setup;
using Amazon.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.Provisioning;

namespace RunnerFleet.Aws.Wire;

/// <summary>Makes clients as <c>AddAWSService</c> of AWSSDK.Extensions.NETCore.Setup does: with the application's <see cref="AWSOptions"/>, else those of its configuration section <c>AWS</c>, else the environment's.</summary>
internal static class AwsClients
{
    private const int MaxWords = 300;

    /// <exception cref="InvalidOperationException">There are no credentials or no region; in one line, what to set.</exception>
    public static T Create<T>(IServiceProvider services)
        where T : class, IAmazonService => InWords(() =>
        {
            var options = services.GetService<AWSOptions>() ?? services.GetService<IConfiguration>()?.GetAWSOptions() ?? new AWSOptions();
            return options.CreateServiceClient<T>();
        });

    /// <summary>The client that was registered.</summary>
    /// <exception cref="InvalidOperationException">There are no credentials or no region; in one line, what to set.</exception>
    public static T Find<T>(IServiceProvider services)
        where T : class, IAmazonService => InWords(services.GetRequiredService<T>);

    /// <summary>In one line why a client cannot be made. What the SDK says of missing credentials lists every place that it looked at.</summary>
    public static string ReasonOf(AmazonClientException exception)
    {
        var reason = exception.Message.StartsWith("Failed to resolve AWS credentials", StringComparison.Ordinal) ? "there are no credentials" : exception.Message.ToOneLine(MaxWords).Trim().TrimEnd('.');
        return $"AWS cannot be asked: {reason}. Give this host a role, AWS_PROFILE or an access key, and name the region: AWS_REGION or the setting AWS:Region.";
    }

    private static T InWords<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (AmazonClientException e)
        {
            throw new InvalidOperationException(ReasonOf(e), e);
        }
    }
}
