using Extensions.Journal;
using RunnerFleet;

namespace Microsoft.Extensions.DependencyInjection;

#region journal-verb
/// <summary>Chooses the journal.</summary>
public static class JournalStoreExtensions
{
    /// <summary>Keeps the fleet in one file of lines.</summary>
    public static IRunnerFleetBuilder UseJournal(this IRunnerFleetBuilder builder, string path)
    {
        builder.Services.AddSingleton(_ => new JournalFile(path));
        return builder.UseStore<JournalStore>();
    }
}
#endregion
