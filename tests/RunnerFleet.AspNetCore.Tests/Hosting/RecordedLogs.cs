using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace RunnerFleet.AspNetCore.Tests.Hosting;

public sealed record LogLine(string Category, LogLevel Level, EventId Id, string Text, Exception? Exception)
{
    public override string ToString() => $"{Level} {Category}[{Id.Id}] {Text} {Exception}";
}

/// <summary>Keeps all that a host logs, at every level.</summary>
public sealed class RecordedLogs : ILoggerProvider
{
    private readonly ConcurrentQueue<LogLine> _lines = new();

    public IReadOnlyList<LogLine> Lines => [.. _lines];

    public ILogger CreateLogger(string categoryName) => new Recorder(categoryName, _lines);

    public void Dispose() { }

    private sealed class Recorder(string category, ConcurrentQueue<LogLine> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(new LogLine(category, logLevel, eventId, formatter(state, exception), exception));
    }
}
