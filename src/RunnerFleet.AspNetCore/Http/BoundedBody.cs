using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using RunnerFleet.Http;

namespace RunnerFleet.AspNetCore.Http;

/// <summary>Reads a whole body, but no more than a limit and no longer than a deadline.</summary>
internal static class BoundedBody
{
    // What a caller merely announces is not allocated at once: a claim of 25 MB costs the claimer nothing.
    private const int FirstBuffer = 64 * 1024;

    /// <summary>Reads the body. What stands in the way is to be answered with.</summary>
    /// <exception cref="OperationCanceledException">The caller left.</exception>
    public static async Task<FleetHttpBody> ReadAsync(HttpContext context, int limit, CancellationToken deadline)
    {
        if (context.Request.ContentLength > limit)
        {
            return TooLarge(context, limit);
        }

        // Counted here: the server's own limit may be another, and counts the framing of chunks too.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = null;
        }

        // Not by passing the token: a read that is cancelled that way leaves a reader that the server cannot drain.
        using var overdue = deadline.Register(context.Request.BodyReader.CancelPendingRead);
        try
        {
            return await ReadAsync(context, limit, (int?)context.Request.ContentLength).ConfigureAwait(false);
        }
        catch (BadHttpRequestException bad) when (bad.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return TooLarge(context, limit);
        }
        catch (BadHttpRequestException bad)
        {
            return Refuse(context, bad.StatusCode, "The body could not be read: it is cut short, badly framed or too slow.");
        }
        catch (IOException broken)
        {
            context.Logger().BodyNotRead(broken.Message);
            throw new OperationCanceledException("The connection broke.", broken, new CancellationToken(canceled: true));
        }
    }

    private static async Task<FleetHttpBody> ReadAsync(HttpContext context, int limit, int? announced)
    {
        var reader = context.Request.BodyReader;
        var body = new byte[Math.Min(announced ?? FirstBuffer, FirstBuffer)];
        var length = 0;
        while (true)
        {
            var read = await reader.ReadAsync().ConfigureAwait(false);
            var part = read.Buffer;
            if (read.IsCanceled)
            {
                reader.AdvanceTo(part.End);
                return Refuse(context, StatusCodes.Status408RequestTimeout, "The body did not arrive in time.");
            }

            if (part.Length > limit - length)
            {
                reader.AdvanceTo(part.End);
                return TooLarge(context, limit);
            }

            var next = length + (int)part.Length;
            if (next > body.Length)
            {
                Array.Resize(ref body, Math.Max(next, (int)Math.Min(body.Length * 2L, announced ?? limit)));
            }

            part.CopyTo(body.AsSpan(length));
            length = next;
            reader.AdvanceTo(part.End);
            if (read.IsCompleted)
            {
                return new() { Bytes = body.AsMemory(0, length) };
            }
        }
    }

    private static FleetHttpBody TooLarge(HttpContext context, int limit) => Refused(context, FleetHttpBody.TooLarge(limit), $"it is larger than {limit} bytes");

    private static FleetHttpBody Refuse(HttpContext context, int status, string detail) => Refused(context, FleetHttpBody.Refused(status, detail), detail);

    private static FleetHttpBody Refused(HttpContext context, FleetHttpBody body, string why)
    {
        context.Logger().BodyNotRead(why);
        if (HttpProtocol.IsHttp11(context.Request.Protocol) || HttpProtocol.IsHttp10(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close"; // the rest of the body is not waited for
        }

        return body;
    }
}
