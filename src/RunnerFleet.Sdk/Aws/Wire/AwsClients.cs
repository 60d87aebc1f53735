using Amazon.Extensions.NETCore.Setup;
using Amazon.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace RunnerFleet.Aws.Wire;

/// <summary>Makes clients as <c>AddAWSService</c> of AWSSDK.Extensions.NETCore.Setup does: with the application's <see cref="AWSOptions"/>, else those of its configuration section <c>AWS</c>, else the environment's.</summary>
internal static class AwsClients
{
    public static T Create<T>(IServiceProvider services)
        where T : class, IAmazonService
    {
        var options = services.GetService<AWSOptions>() ?? services.GetService<IConfiguration>()?.GetAWSOptions() ?? new AWSOptions();
        return options.CreateServiceClient<T>();
    }
}
