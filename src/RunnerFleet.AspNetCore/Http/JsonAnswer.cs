using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace RunnerFleet.AspNetCore.Http;

internal static class JsonAnswer
{
    public static Task WriteJsonAsync<T>(this HttpResponse response, int status, T value, JsonTypeInfo<T> type, string contentType = "application/json; charset=utf-8")
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(value, type);
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        return response.Body.WriteAsync(body, response.HttpContext.RequestAborted).AsTask();
    }
}
