using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RunnerFleet.GitHub;
using RunnerFleet.GitHub.Rest;

namespace RunnerFleet.Tests.GitHub;

/// <summary>Builds the default registrar as a host would.</summary>
internal static class Registrars
{
    public static ServiceProvider Build(Uri apiUrl, string? token, TimeProvider clock, HttpMessageHandler? handler = null, ILoggerProvider? log = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton(clock);
        services.AddLogging(logging =>
        {
            logging.SetMinimumLevel(LogLevel.Trace);
            if (log is not null)
            {
                logging.AddProvider(log);
            }
        });
        services.AddOptions<RunnerFleetOptions>().Configure(o =>
        {
            o.GitHub.ApiUrl = apiUrl;
            o.GitHub.Token = token;
        });
        services.AddGitHubRegistrar();
        if (handler is not null)
        {
            services.AddHttpClient(RunnerFleetHttpClients.GitHub).ConfigurePrimaryHttpMessageHandler(() => handler);
        }

        return services.BuildServiceProvider();
    }

    public static IRunnerRegistrar Registrar(this ServiceProvider services) => services.GetRequiredService<IRunnerRegistrar>();
}

/// <summary>Answers as a test says, and keeps what was asked.</summary>
internal sealed class ScriptedHandler(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    public ScriptedHandler(Func<HttpRequestMessage, HttpResponseMessage> answer)
        : this((request, _) => Task.FromResult(answer(request)))
    {
    }

    public List<(HttpMethod Method, Uri Url, string? Authorization, string? Body)> Requests { get; } = [];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken);
        Requests.Add((request.Method, request.RequestUri!, request.Headers.Authorization?.ToString(), body));
        return await answer(request, cancellationToken);
    }
}

/// <summary>Keeps every log line, with scopes' and exceptions' text.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly List<string> _lines = [];

    public string Text
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        Add(state.ToString());
        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Add($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }

    private void Add(string? line)
    {
        lock (_lines)
        {
            _lines.Add(line ?? "");
        }
    }
}
