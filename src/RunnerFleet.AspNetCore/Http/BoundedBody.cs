using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace RunnerFleet.AspNetCore.Http;

/// <summary>Reads a whole body, but no more than a limit and no longer than a deadline.</summary>
internal static class BoundedBody
{
    // What a caller merely announces is not allocated at once: a claim of 25 MB costs the claimer nothing.
    private const int FirstBuffer = 64 * 1024;

    /// <summary>Reads the body. What stands in the way is a problem to answer with.</summary>
    /// <exception cref="OperationCanceledException">The caller left.</exception>
    public static async Task<(ReadOnlyMemory<byte> Bytes, Problem? Problem)> ReadAsync(HttpContext context, int limit, CancellationToken deadline)
    {
        if (context.Request.ContentLength > limit)
        {
            return (default, TooLarge(context, limit));
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
            return (default, TooLarge(context, limit));
        }
        catch (BadHttpRequestException bad)
        {
            return (default, Refuse(context, bad.StatusCode, "The body could not be read: it is cut short, badly framed or too slow."));
        }
        catch (IOException broken)
        {
            context.Logger().BodyNotRead(broken.Message);
            throw new OperationCanceledException("The connection broke.", broken, new CancellationToken(canceled: true));
        }
    }

    private static async Task<(ReadOnlyMemory<byte> Bytes, Problem? Problem)> ReadAsync(HttpContext context, int limit, int? announced)
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
                return (default, Refuse(context, StatusCodes.Status408RequestTimeout, "The body did not arrive in time."));
            }

            if (part.Length > limit - length)
            {
                reader.AdvanceTo(part.End);
                return (default, TooLarge(context, limit));
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
                return (body.AsMemory(0, length), null);
            }
        }
    }

    private static Problem TooLarge(HttpContext context, int limit) =>
        Refuse(context, StatusCodes.Status413PayloadTooLarge, string.Create(CultureInfo.InvariantCulture, $"The body is larger than {limit} bytes, the most that this address takes."));

    private static Problem Refuse(HttpContext context, int status, string detail)
    {
        context.Logger().BodyNotRead(detail);
        if (HttpProtocol.IsHttp11(context.Request.Protocol) || HttpProtocol.IsHttp10(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close"; // the rest of the body is not waited for
        }

        return Problem.Of(status, detail);
    }
}
