using System.Globalization;
using System.Net;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace RunnerFleet.Bench.Lambda;

/// <summary>Lambda's side of a function, on loopback. Kestrel sends at once (no Nagle), which matters: a delayed answer would add 40 ms to each call.</summary>
internal sealed class BenchRuntime : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<(string Payload, TaskCompletionSource<string> Answer)> _calls = Channel.CreateUnbounded<(string, TaskCompletionSource<string>)>();
    private TaskCompletionSource<string>? _open;

    private BenchRuntime(WebApplication app) => _app = app;

    public string Address => new Uri(_app.Urls.First()).Authority;

    public static async Task<BenchRuntime> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var runtime = new BenchRuntime(app);
        app.Run(runtime.AnswerAsync);
        await app.StartAsync();
        return runtime;
    }

    /// <summary>One at a time.</summary>
    public Task<string> InvokeAsync(string payload)
    {
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls.Writer.TryWrite((payload, answer));
        return answer.Task.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path.Value!.EndsWith("/invocation/next", StringComparison.Ordinal))
        {
            (var payload, _open) = await _calls.Reader.ReadAsync(context.RequestAborted);
            context.Response.Headers["Lambda-Runtime-Aws-Request-Id"] = "bench";
            context.Response.Headers["Lambda-Runtime-Deadline-Ms"] = TimeProvider.System.GetUtcNow().AddMinutes(1).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(payload));
            return;
        }

        using var reader = new StreamReader(context.Request.Body);
        _open?.TrySetResult(await reader.ReadToEndAsync());
        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }
}
