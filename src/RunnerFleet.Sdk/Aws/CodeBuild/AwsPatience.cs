using Amazon.Runtime;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>How long our clients try: throttling passes within seconds, and the engine's own time limit for a call ends all of it.</summary>
internal static class AwsPatience
{
    public static ClientConfig Set(ClientConfig config)
    {
        config.MaxErrorRetry = 5;
        config.Timeout = TimeSpan.FromSeconds(10); // of one try; these calls answer within one
        return config;
    }
}
