using RunnerFleet;

namespace AspNetHost;

/// <summary>The choices that settings make, as verbs.</summary>
internal static class HostVerbs
{
    public const string DefaultUrl = "http://127.0.0.1:5080";

    public static void UseLoopbackUnlessTold(this WebApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration[WebHostDefaults.ServerUrlsKey]))
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }
    }

    #region local-verbs
    public static IRunnerFleetBuilder UseStore(this IRunnerFleetBuilder builder, HostSettings host) =>
        host.Store == "memory" ? builder : builder.UseSqlite(o => o.Path = host.DatabasePath);

    public static IRunnerFleetBuilder UseLauncher(this IRunnerFleetBuilder builder, HostSettings host) => builder.UseProcessLauncher(o =>
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
}
