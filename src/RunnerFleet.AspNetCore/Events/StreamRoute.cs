using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RunnerFleet.AspNetCore.Api;
using RunnerFleet.AspNetCore.Http;

namespace RunnerFleet.AspNetCore.Events;

/// <summary>
/// <c>GET /api/stream</c>: server-sent events of every move of this process, from now on. Nothing is replayed, so events carry no id: after a reconnect, read the API.
/// What a slow reader has not taken is held by the fleet's own bounded buffer; the stream adds none.
/// </summary>
internal static class StreamRoute
{
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static async Task HandleAsync(HttpContext context)
    {
        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        Begin(context.Response);
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        try
        {
            await StreamAsync(context, end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The reader left, or the host stops: the stream just ends.
        }
        catch (Exception failure) when (context.Response.HasStarted)
        {
            context.Logger().StreamFailed(failure);
        }
    }

    private static void Begin(HttpResponse response)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache, no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["X-Accel-Buffering"] = "no"; // nginx would hold events back
        response.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    private static async Task StreamAsync(HttpContext context, CancellationToken end)
    {
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(end);
        var moves = context.Fleet().WatchAsync(watching.Token).GetAsyncEnumerator(watching.Token);
        await using var _ = moves.ConfigureAwait(false);
        using var heartbeat = new PeriodicTimer(Heartbeat, context.Clock());

        // Watching begins before the greeting: whoever reads the API after it misses no move.
        var move = moves.MoveNextAsync().AsTask();
        var beat = heartbeat.WaitForNextTickAsync(end).AsTask();
        try
        {
            await WriteAsync(context.Response, "retry: 3000\n: watching\n\n"u8.ToArray(), end).ConfigureAwait(false);
            while (true)
            {
                if (await Task.WhenAny(move, beat).ConfigureAwait(false) == beat)
                {
                    await beat.ConfigureAwait(false);
                    beat = heartbeat.WaitForNextTickAsync(end).AsTask();
                    await WriteAsync(context.Response, ":\n\n"u8.ToArray(), end).ConfigureAwait(false);
                }
                else if (await move.ConfigureAwait(false))
                {
                    var data = JsonSerializer.SerializeToUtf8Bytes(MoveAnswer.Of(moves.Current), FleetJson.Default.MoveAnswer);
                    await WriteAsync(context.Response, [.. "event: move\ndata: "u8, .. data, .. "\n\n"u8], end).ConfigureAwait(false);
                    move = moves.MoveNextAsync().AsTask();
                }
                else
                {
                    return;
                }
            }
        }
        finally
        {
            // An enumerator may be disposed only when its last step has ended.
            await watching.CancelAsync().ConfigureAwait(false);
            await move.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
        }
    }

    private static async Task WriteAsync(HttpResponse response, byte[] bytes, CancellationToken end)
    {
        await response.Body.WriteAsync(bytes, end).ConfigureAwait(false);
        await response.Body.FlushAsync(end).ConfigureAwait(false);
    }
}
