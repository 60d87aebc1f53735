using Microsoft.Extensions.Logging;

namespace RunnerFleet.Testing.Simulation;

/// <summary>Reads every line that a host logs, and its exceptions, for a credential, and for an exception that only a mistake can have thrown.</summary>
internal sealed class SecretLog(World world) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = formatter(state, exception);
        world.Promises.HoldsNoCredential("a log line", line);
        if (exception is not null)
        {
            world.Promises.MayBeThrown(line, exception);
        }
    }

    public void Dispose()
    {
    }
}
