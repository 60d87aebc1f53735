using System.Collections.Concurrent;

namespace RunnerFleet.Local.Sqlite;

/// <summary>
/// The one writer of this process, on a thread of its own because SQLite blocks. Writes that wait while another is on its way to the disk
/// go into the next transaction together, each in a savepoint: a burst shares the waits for the disk, and a write that fails fails alone.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    // Bounds how long the first of a group waits for the last, and how long other processes are kept waiting.
    private const int GroupSize = 128;

    private readonly SqliteFile _file;
    private readonly BlockingCollection<Write> _queue = [];
    private readonly Thread _thread;
    private SqliteSession? _session;

    public SqliteWriter(SqliteFile file)
    {
        _file = file;
        _thread = new Thread(Run) { IsBackground = true, Name = "RunnerFleet SQLite writer" };
        _thread.Start();
    }

    /// <summary>Does work in a transaction and answers when that is on the disk. Once the work has begun, cancelling only stops the waiting.</summary>
    public async ValueTask<T> WriteAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_queue.IsAddingCompleted, typeof(SqliteRunnerStore));
        var write = new Write<T>(work, cancellationToken);
        _queue.Add(write, cancellationToken);
        return await write.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes no more writes, and returns when those that were taken are answered.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
    }

    private void Run()
    {
        foreach (var first in _queue.GetConsumingEnumerable())
        {
            WriteTogether(first);
        }

        _session?.Dispose();
    }

    private void WriteTogether(Write first)
    {
        var group = new List<Write> { first };
        try
        {
            _session ??= _file.Open();
            _session.Execute("BEGIN IMMEDIATE");
            first.Do(_session);
            while (group.Count < GroupSize && _queue.TryTake(out var next))
            {
                group.Add(next);
                next.Do(_session);
            }

            _session.Execute("COMMIT");
            group.ForEach(write => write.Answer(_file));
        }
        catch (Exception e)
        {
            // Closing rolls back. Whoever waits behind this group would only wait for the same failure again, so it is theirs too.
            _session?.Dispose();
            _session = null;
            while (_queue.TryTake(out var waiting))
            {
                group.Add(waiting);
            }

            group.ForEach(write => write.Fail(_file.InWords(e)));
        }
    }

    private abstract class Write
    {
        public abstract void Do(SqliteSession session);

        public abstract void Answer(SqliteFile file);

        public abstract void Fail(Exception e);
    }

    private sealed class Write<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken) : Write
    {
        private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;
        private Exception? _failure;

        public Task<T> Task => _answer.Task;

        public override void Do(SqliteSession session)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                _answer.TrySetCanceled(cancellationToken);
                return;
            }

            session.Execute("SAVEPOINT work");
            try
            {
                _result = work(session);
            }
            catch (Exception e)
            {
                // Where SQLite gave up the whole transaction, this throws, and the whole group fails.
                session.Execute("ROLLBACK TO work");
                _failure = e;
            }

            session.Execute("RELEASE work");
        }

        public override void Answer(SqliteFile file) => _ = _failure is null ? _answer.TrySetResult(_result!) : _answer.TrySetException(file.InWords(_failure));

        public override void Fail(Exception e) => _answer.TrySetException(e);
    }
}
