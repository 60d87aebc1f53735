using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Provisioning;

/// <summary>The small facts that all hosts of a fleet share: leases, breakers, notices, scopes and repositories seen. Each is one store entry under a prefix of its own.</summary>
internal sealed class FleetState(IRunnerStore store, TimeProvider clock, ILogger<FleetState> logger)
{
    private const string NoticePrefix = "notice/";
    private const string NotOursPrefix = "not-ours/";
    private const string IdlePrefix = "idle/";
    private const string ScopePrefix = "scope/";
    private const string RepositoryPrefix = "repository/";

    // A workflow of every week is still looked for.
    private static readonly TimeSpan RepositoryKeep = TimeSpan.FromDays(10);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _seen = new(StringComparer.Ordinal);

    /// <summary>Changes an entry; the change may be made again on a newer value, and says <see langword="null"/> when there is nothing to change.</summary>
    public Task<bool> ChangeAsync(string key, Func<StoreEntry?, StoreEntry?> change, CancellationToken cancellationToken) =>
        Retry.OnConflictAsync(async () =>
        {
            var before = await store.GetEntryAsync(key, cancellationToken).ConfigureAwait(false);
            var after = change(before);
            if (after is null)
            {
                return (true, false);
            }

            var outcome = await store.CommitAsync(new StoreCommit { Entries = [after with { Version = (before?.Version ?? 0) + 1 }] }, cancellationToken).ConfigureAwait(false);
            return (outcome is CommitOutcome.Committed, true);
        });

    /// <summary>Takes a lease. It only saves work: every act stays safe with two holders.</summary>
    public async Task<bool> TryLeaseAsync(string name, TimeSpan duration, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var key = $"lease/{name}";
        var before = await store.GetEntryAsync(key, cancellationToken).ConfigureAwait(false);
        if (before is { Value: not null } && before.ExpiresAt > now)
        {
            return false;
        }

        var mine = new StoreEntry { Key = key, Version = (before?.Version ?? 0) + 1, Value = "held", ExpiresAt = now + duration };
        return await store.CommitAsync(new StoreCommit { Entries = [mine] }, cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed;
    }

    /// <summary>Gives a lease back early.</summary>
    public Task ReleaseAsync(string name, CancellationToken cancellationToken) =>
        ChangeAsync($"lease/{name}", e => e is null ? null : e with { Value = null, ExpiresAt = clock.GetUtcNow() }, cancellationToken);

    /// <summary>Keeps a notice for a day. A notice that cannot be kept is logged; nothing else depends on it.</summary>
    public async Task NoticeAsync(Reason reason, string subject, CancellationToken cancellationToken)
    {
        logger.Noticed(reason.Code, subject, reason.Message);
        var now = clock.GetUtcNow();
        var value = JsonSerializer.Serialize(new Notice { At = now, Reason = reason, Subject = subject }, FleetStateJson.Default.Notice);
        var key = reason.Code == ReasonCodes.NotOurs ? $"{NotOursPrefix}{subject}" : $"{NoticePrefix}{reason.Code}/{subject}";
        try
        {
            await ChangeAsync(key, e => new StoreEntry { Key = key, Version = 0, Value = value, ExpiresAt = now.AddDays(1) }, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            logger.NoticeLost(e);
        }
    }

    public async Task<IReadOnlyList<Notice>> NoticesAsync(int take, CancellationToken cancellationToken)
    {
        // Other people's jobs may be many; they must not hide what needs somebody.
        StoreEntry[] entries =
        [
            .. await store.ListEntriesAsync(NoticePrefix, 1000, cancellationToken).ConfigureAwait(false),
            .. await store.ListEntriesAsync(NotOursPrefix, take, cancellationToken).ConfigureAwait(false),
        ];
        return [.. Live(entries).Select(e => JsonSerializer.Deserialize(e.Value!, FleetStateJson.Default.Notice)!).OrderByDescending(n => n.At).Take(take)];
    }

    /// <summary>Says whether a registration without a record was seen idle before, long enough ago; if not, remembers that it was seen so now. GitHub's busy flag lags: one reading proves nothing.</summary>
    public async Task<bool> WasIdleAsync(string registration, TimeSpan proof, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var key = IdlePrefix + registration;
        var before = await store.GetEntryAsync(key, cancellationToken).ConfigureAwait(false);
        if (before is { Value: { } seen } && before.ExpiresAt > now)
        {
            return now - DateTimeOffset.Parse(seen, CultureInfo.InvariantCulture) >= proof;
        }

        await ChangeAsync(key, e => new StoreEntry { Key = key, Version = 0, Value = now.ToString("O", CultureInfo.InvariantCulture), ExpiresAt = now.AddHours(6) }, cancellationToken).ConfigureAwait(false);
        return proof <= TimeSpan.Zero;
    }

    /// <summary>Forgets it: it was busy, or is gone.</summary>
    public Task NotIdleAsync(string registration, CancellationToken cancellationToken) =>
        ChangeAsync(IdlePrefix + registration, e => e?.Value is null ? null : e with { Value = null, ExpiresAt = clock.GetUtcNow() }, cancellationToken);

    /// <summary>Remembers where registrations were made, so that ghosts are looked for there, also after the last runner is gone.</summary>
    private Task SawScopeAsync(RunnerScope scope, CancellationToken cancellationToken)
    {
        var expires = clock.GetUtcNow().AddDays(2); // GitHub removes an unused ephemeral runner after one day
        return ChangeAsync(ScopePrefix + scope.Key, e => e is { Value: not null } && e.ExpiresAt > expires.AddDays(-1)
            ? null
            : new StoreEntry { Key = ScopePrefix + scope.Key, Version = 0, Value = JsonSerializer.Serialize(scope, FleetStateJson.Default.RunnerScope), ExpiresAt = expires }, cancellationToken);
    }

    /// <summary>The same, at most once an hour from this process: a claim should cost no more than it must.</summary>
    public async ValueTask SawScopeOnceAsync(RunnerScope scope, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (_seen.TryGetValue(scope.Key, out var at) && now - at < TimeSpan.FromHours(1))
        {
            return;
        }

        await SawScopeAsync(scope, cancellationToken).ConfigureAwait(false);
        _seen[scope.Key] = now;
    }

    public async Task<IReadOnlyList<RunnerScope>> ScopesAsync(CancellationToken cancellationToken)
    {
        var entries = await store.ListEntriesAsync(ScopePrefix, 1000, cancellationToken).ConfigureAwait(false);
        return [.. Live(entries).Select(e => JsonSerializer.Deserialize(e.Value!, FleetStateJson.Default.RunnerScope)!)];
    }

    /// <summary>Remembers a repository whose jobs are served, at most once an hour from this process. Whoever cannot be remembered now is with the next job; nothing waits for it.</summary>
    public async ValueTask SawRepositoryOnceAsync(SeenRepository repository, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var key = RepositoryPrefix + RepositoryKey(repository);
        if (_seen.TryGetValue(key, out var at) && now - at < TimeSpan.FromHours(1))
        {
            return;
        }

        var value = JsonSerializer.Serialize(repository, FleetStateJson.Default.SeenRepository);
        var expires = now + RepositoryKeep;
        try
        {
            await ChangeAsync(key, e => e?.Value == value && e.ExpiresAt > expires.AddDays(-1)
                ? null
                : new StoreEntry { Key = key, Version = 0, Value = value, ExpiresAt = expires }, cancellationToken).ConfigureAwait(false);
            _seen[key] = now;
        }
        catch (StoreUnavailableException e)
        {
            logger.RepositoryNotKept(repository.Repository.FullName, e);
        }
    }

    /// <summary>The repositories whose jobs were served lately.</summary>
    public async Task<IReadOnlyList<SeenRepository>> RepositoriesAsync(CancellationToken cancellationToken)
    {
        var entries = await store.ListEntriesAsync(RepositoryPrefix, 5000, cancellationToken).ConfigureAwait(false);
        return [.. Live(entries).Select(e => JsonSerializer.Deserialize(e.Value!, FleetStateJson.Default.SeenRepository)!)];
    }

    public static string RepositoryKey(SeenRepository repository) => $"{repository.Scope.Host}/{repository.Repository.FullName}".ToLowerInvariant();

    private IEnumerable<StoreEntry> Live(IEnumerable<StoreEntry> entries)
    {
        var now = clock.GetUtcNow();
        return entries.Where(e => e.Value is not null && (e.ExpiresAt is null || e.ExpiresAt > now));
    }
}

/// <summary>A repository, with the facts by which GitHub can be asked about it.</summary>
internal sealed record SeenRepository
{
    public required RepositoryRef Repository { get; init; }

    /// <summary>Where its runners register.</summary>
    public required RunnerScope Scope { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Notice))]
[JsonSerializable(typeof(RunnerScope))]
[JsonSerializable(typeof(BreakerState))]
[JsonSerializable(typeof(SeenRepository))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class FleetStateJson : JsonSerializerContext;
