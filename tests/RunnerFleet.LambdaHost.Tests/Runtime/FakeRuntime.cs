using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace RunnerFleet.LambdaHost.Tests.Runtime;

/// <summary>What became of an invocation, as Lambda was told.</summary>
internal sealed record Told(string Kind, string Body, string? ErrorType)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    public Told IsError(string type, string? saying = null)
    {
        Assert.Equal(("error", type), (Kind, ErrorType));
        Assert.Equal(type, (string?)Json["errorType"]);
        Assert.Contains(saying ?? "", (string)Json["errorMessage"]!, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", Body, StringComparison.Ordinal);
        return this;
    }

    public Told IsResult()
    {
        Assert.True(Kind == "response", Body);
        return this;
    }
}

/// <summary>Lambda's side of a function, over real HTTP on loopback: hands out invocations to whoever asks, each once, and remembers what it is told. It refuses what Lambda refuses.</summary>
internal sealed class FakeRuntime : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly WebApplication _app;
    private readonly Channel<Call> _calls = Channel.CreateUnbounded<Call>();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<Told>> _open = new();
    private readonly TaskCompletionSource<Told> _initError = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;
    private int _restores;

    private FakeRuntime(WebApplication app) => _app = app;

    private sealed record Call(string Id, string Payload, DateTimeOffset Deadline);

    public string Address => new Uri(_app.Urls.First()).Authority;

    /// <summary>What each result is answered with.</summary>
    public int ResultStatus { get; set; } = 202;

    public int Restores => _restores;

    /// <summary>The function has begun, and asks for an invocation.</summary>
    public Task AskedAsync => _next.Task.WaitAsync(Patience, TimeProvider.System);

    public Task<Told> InitErrorAsync => _initError.Task.WaitAsync(Patience, TimeProvider.System);

    public static async Task<FakeRuntime> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var runtime = new FakeRuntime(app);
        app.Run(runtime.AnswerAsync);
        await app.StartAsync();
        return runtime;
    }

    public Task<Told> InvokeAsync(JsonNode payload, DateTimeOffset? deadline = null) => InvokeAsync(payload.ToJsonString(), deadline);

    public Task<Told> InvokeAsync(string payload, DateTimeOffset? deadline = null)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"invocation-{Interlocked.Increment(ref _count)}");
        var told = _open[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.True(_calls.Writer.TryWrite(new(id, payload, deadline ?? TimeProvider.System.GetUtcNow().AddSeconds(60))));
        return told.Task.WaitAsync(Patience, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _calls.Writer.TryComplete();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        switch (context.Request.Method, path[2..])
        {
            case ("GET", ["restore", "next"]):
                Interlocked.Increment(ref _restores);
                break;
            case ("GET", ["invocation", "next"]):
                _next.TrySetResult();
                await NextAsync(context);
                break;
            case ("POST", ["init", "error"]):
                _initError.TrySetResult(await ReadAsync(context, "error"));
                context.Response.StatusCode = 202;
                break;
            case ("POST", ["invocation", var id, "response" or "error"]) when _open.TryRemove(id, out var open):
                context.Response.StatusCode = ResultStatus;
                open.TrySetResult(await ReadAsync(context, path[^1]));
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }

    private async Task NextAsync(HttpContext context)
    {
        Call call;
        try
        {
            call = await _calls.Reader.ReadAsync(context.RequestAborted);
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            context.Abort();
            return;
        }

        context.Response.Headers["Lambda-Runtime-Aws-Request-Id"] = call.Id;
        context.Response.Headers["Lambda-Runtime-Deadline-Ms"] = call.Deadline.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        context.Response.Headers["Lambda-Runtime-Invoked-Function-Arn"] = "arn:aws:lambda:eu-central-1:123456789012:function:fleet";
        context.Response.Headers["Lambda-Runtime-Trace-Id"] = "Root=1-5759e988-bd862e3fe1be46a994272793";
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(call.Payload));
    }

    private static async Task<Told> ReadAsync(HttpContext context, string kind)
    {
        using var reader = new StreamReader(context.Request.Body);
        return new(kind, await reader.ReadToEndAsync(), (string?)context.Request.Headers["Lambda-Runtime-Function-Error-Type"]);
    }
}
