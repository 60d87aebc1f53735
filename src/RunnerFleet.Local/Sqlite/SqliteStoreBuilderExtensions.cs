using Microsoft.Extensions.DependencyInjection.Extensions;
using RunnerFleet;
using RunnerFleet.Local.Sqlite;
using RunnerFleet.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses the SQLite store.</summary>
public static class SqliteStoreBuilderExtensions
{
    /// <summary>Keeps the fleet in one SQLite file, which survives a kill at any moment and may be shared by several processes of one machine.</summary>
    /// <param name="builder">The fleet's builder.</param>
    /// <param name="configure">Sets at least <see cref="SqliteStoreOptions.Path"/>.</param>
    public static IRunnerFleetBuilder UseSqlite(this IRunnerFleetBuilder builder, Action<SqliteStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddOptions<SqliteStoreOptions>()
            .Configure(configure)
            .Validate(options => !string.IsNullOrWhiteSpace(options.Path), "The SQLite store has no path. Set SqliteStoreOptions.Path to the file it shall keep.")
            .Validate(options => options.BusyTimeoutSeconds is >= 1 and <= 300, "SqliteStoreOptions.BusyTimeoutSeconds must be 1 to 300.")
            .ValidateOnStart();
        builder.Services.Replace(ServiceDescriptor.Singleton<IRunnerStore, SqliteRunnerStore>());
        return builder;
    }
}
