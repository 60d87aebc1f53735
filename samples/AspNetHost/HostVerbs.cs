using RunnerFleet;
using RunnerFleet.AspNetCore.Access;
using RunnerFleet.Aws.Secrets;

namespace AspNetHost;

/// <summary>The choices that settings make, as verbs.</summary>
internal static class HostVerbs
{
    public const string DefaultUrl = "http://127.0.0.1:5080";

    // What GitHub's own runners of that name run, and the Dockerfile's default.
    private const string DefaultImage = "ubuntu:22.04";

    public static void UseLoopbackUnlessTold(this WebApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration[WebHostDefaults.ServerUrlsKey]))
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }
    }

    public static IRunnerFleetBuilder UseStore(this IRunnerFleetBuilder builder, HostSettings host) => host.Store switch
    {
        "dynamodb" => builder.UseDynamoDb(host.Aws.GetSection("DynamoDb")),
        "memory" => builder,
        _ => builder.UseFile(host),
    };

    public static IRunnerFleetBuilder UseLauncher(this IRunnerFleetBuilder builder, HostSettings host) => host.Launcher switch
    {
        "ecs" => builder.UseTasks(host),
        "docker" => builder.UseContainers(host),
        _ => builder.UseProcesses(host),
    };

    #region aws-verbs
    private static IRunnerFleetBuilder UseTasks(this IRunnerFleetBuilder builder, HostSettings host)
    {
        builder.UseEcs(host.Aws.GetSection("Ecs"));
        return host.Images == "codebuild" ? builder.UseCodeBuild(host.Aws.GetSection("CodeBuild")) : builder;
    }

    /// <summary>What of the fleet's surroundings is in AWS: its queue, its classes, its secrets, and who hears of its moves.</summary>
    public static IRunnerFleetBuilder UseSurroundings(this IRunnerFleetBuilder builder, HostSettings host)
    {
        if (host.Queue == "sqs")
        {
            builder.UseSqs(host.Aws.GetSection("Sqs"));
        }

        if (host.ClassesFrom == "ssm")
        {
            builder.UseSsmClasses(host.Aws.GetSection("Ssm"));
        }

        if (host.Aws.GetSection("Events").Exists())
        {
            builder.UseEventBridge(host.Aws.GetSection("Events"));
        }

        // Whatever else is in use: a reference that nobody resolves would itself be the secret. Without one nothing of AWS is asked for.
        builder.UseAwsSecrets(host.Aws.GetSection("Secrets"));
        builder.Services.AddOptions<RunnerFleetApiOptions>().PostConfigure<IAwsSecrets>((api, secrets) => api.Key = secrets.Resolve(api.Key));
        return builder;
    }
    #endregion

    #region local-verbs
    private static IRunnerFleetBuilder UseFile(this IRunnerFleetBuilder builder, HostSettings host) => builder.UseSqlite(o => o.Path = host.DatabasePath);

    private static IRunnerFleetBuilder UseProcesses(this IRunnerFleetBuilder builder, HostSettings host) => builder.UseProcessLauncher(o =>
    {
        o.Directory = host.RunnersFolder;
        o.RunnerFolder = host.Process.RunnerFolder;
        o.StopGraceSeconds = host.Process.StopGraceSeconds;
        foreach (var part in host.Process.Command)
        {
            o.Command.Add(part);
        }

        foreach (var variable in host.Process.PassEnvironment)
        {
            o.PassEnvironment.Add(variable);
        }
    });
    #endregion

    #region docker-verbs
    private static IRunnerFleetBuilder UseContainers(this IRunnerFleetBuilder builder, HostSettings host)
    {
        builder.UseDocker(o =>
        {
            o.Endpoint = host.Docker.Endpoint;
            o.Network = host.Docker.Network;
            o.StopGraceSeconds = host.Docker.StopGraceSeconds;
            o.PidsLimit = host.Docker.PidsLimit;
            foreach (var variable in host.Docker.PassEnvironment)
            {
                o.PassEnvironment.Add(variable);
            }

            foreach (var engine in host.Docker.FormerEngines)
            {
                o.FormerEngines.Add(engine);
            }
        });
        if (host.Docker.Images == "finished")
        {
            return builder.UseFinishedDockerImages(o => o.Endpoint = host.Docker.Endpoint);
        }

        builder.Services.PostConfigure<RunnerFleetOptions>(o => o.Labels.DefaultImage ??= DefaultImage);
        return builder.UseDockerImages(o =>
        {
            o.Endpoint = host.Docker.Endpoint;
            o.ContextFolder = host.Docker.ContextFolder;
            o.LogFolder = host.ImageLogFolder;
            foreach (var (name, value) in host.Docker.BuildArguments)
            {
                o.BuildArguments[name] = value;
            }
        });
    }
    #endregion
}
