using LambdaHost;
using LambdaHost.Runtime;
using Microsoft.Extensions.Configuration;

var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
using var output = Console.OpenStandardOutput();
using var log = new JsonLines(output, TimeProvider.System);
if (configuration["AWS_LAMBDA_RUNTIME_API"] is not { Length: > 0 } address)
{
    Console.Error.WriteLine("AWS_LAMBDA_RUNTIME_API is not set, so this is not AWS Lambda, and this program is for nothing else. On a machine of your own run samples/AspNetHost.");
    return Function.BadConfiguration;
}

using var runtime = new RuntimeApi(address);
return await new Function(configuration, runtime, log, TimeProvider.System).RunAsync(CancellationToken.None);
