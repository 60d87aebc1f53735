using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace RunnerFleet.Local.Sqlite;

/// <summary>A few sessions that read. In WAL mode they wait for nobody, so a read is done where it is asked for.</summary>
internal sealed class SqliteReaders(SqliteFile file) : IDisposable
{
    private readonly SemaphoreSlim _free = new(Math.Clamp(Environment.ProcessorCount, 2, 8));
    private readonly ConcurrentStack<SqliteSession> _sessions = new();
    private volatile bool _disposed;

    public async ValueTask<T> ReadAsync<T>(Func<SqliteSession, T> read, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(SqliteRunnerStore));
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        SqliteSession? session = null;
        try
        {
            session = _sessions.TryPop(out var idle) ? idle : file.Open();
            var answer = read(session);
            _sessions.Push(session);
            session = null;
            return answer;
        }
        catch (SqliteException e)
        {
            throw file.InWords(e);
        }
        finally
        {
            session?.Dispose();
            _free.Release();
            CloseIdleOnceDisposed();
        }
    }

    public void Dispose()
    {
        _disposed = true;
        CloseIdleOnceDisposed();
    }

    private void CloseIdleOnceDisposed()
    {
        while (_disposed && _sessions.TryPop(out var session))
        {
            session.Dispose();
        }
    }
}
