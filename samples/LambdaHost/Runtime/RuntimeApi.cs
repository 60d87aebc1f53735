using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace LambdaHost.Runtime;

/// <summary>Lambda's side of the function (AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes").</summary>
internal sealed class RuntimeApi : IDisposable
{
    private readonly HttpClient _http;

    /// <param name="address">Host and port, as in <c>AWS_LAMBDA_RUNTIME_API</c>.</param>
    public RuntimeApi(string address) => _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null })
    {
        BaseAddress = new Uri($"http://{address}/2018-06-01/runtime/"),
        Timeout = Timeout.InfiniteTimeSpan, // the wait for an invocation may last as long as the process is frozen
    };

    /// <summary>Waits for the next invocation.</summary>
    public async Task<Invocation> NextAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, "invocation/next", null, cancellationToken).ConfigureAwait(false);
        var payload = await ReadAsync(response, cancellationToken).ConfigureAwait(false);
        if (HeaderOf(response, "Lambda-Runtime-Aws-Request-Id") is not { Length: > 0 } id
            || !long.TryParse(HeaderOf(response, "Lambda-Runtime-Deadline-Ms"), NumberStyles.None, CultureInfo.InvariantCulture, out var deadline)
            || deadline > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
        {
            throw new RuntimeApiException("An invocation came without an id or without a deadline.");
        }

        return new(id, DateTimeOffset.FromUnixTimeMilliseconds(deadline), HeaderOf(response, "Lambda-Runtime-Trace-Id"), payload);
    }

    /// <summary>Tells what became of an invocation.</summary>
    public Task AnswerAsync(string id, FunctionAnswer answer, CancellationToken cancellationToken) => answer.Error is { } error
        ? FailAsync($"invocation/{id}/error", error, cancellationToken)
        : PostAsync($"invocation/{id}/response", new ReadOnlyMemoryContent(answer.Json) { Headers = { ContentType = new("application/json") } }, cancellationToken);

    /// <summary>Tells that the function cannot begin. The process must then end.</summary>
    public Task FailInitAsync(FunctionError error, CancellationToken cancellationToken) => FailAsync("init/error", error, cancellationToken);

    /// <summary>With SnapStart: tells that the function has begun, and waits until it is taken out of the snapshot.</summary>
    public async Task RestoreAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, "restore/next", null, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    private async Task FailAsync(string path, FunctionError error, CancellationToken cancellationToken)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(error, RuntimeJson.Default.FunctionError));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/vnd.aws.lambda.error+json");
        content.Headers.Add("Lambda-Runtime-Function-Error-Type", error.ErrorType);
        await PostAsync(path, content, cancellationToken).ConfigureAwait(false);
    }

    private async Task PostAsync(string path, HttpContent content, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Post, path, content, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new RuntimeApiException($"{method} {path} failed: {e.Message}", e);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        var status = (int)response.StatusCode;
        response.Dispose();
        throw new RuntimeApiException(string.Create(CultureInfo.InvariantCulture, $"{method} {path} was answered {status}."));
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            return await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new RuntimeApiException($"The payload of an invocation could not be read: {e.Message}", e);
        }
    }

    private static string? HeaderOf(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.First() : null;
}

/// <summary>Lambda cannot be spoken to.</summary>
internal sealed class RuntimeApiException(string message, Exception? inner = null) : Exception(message, inner);
