using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RunnerFleet.Http;

/// <summary>One address, and how a request to it is answered.</summary>
internal sealed record FleetRoute(string Path, TimeSpan Limit, Func<FleetCall, Task<FleetHttpResponse>> HandleAsync)
{
    public static FleetRoute[] All { get; } =
    [
        new("/webhook", WebhookRoute.Limit, WebhookRoute.HandleAsync),
        new("/runner/claim", ClaimRoute.Limit, ClaimRoute.HandleAsync),
        new("/runner/status", StatusRoute.Limit, StatusRoute.HandleAsync),
    ];
}

/// <summary>A request on its way.</summary>
internal sealed record FleetCall(FleetHttpRequest Request, IRunnerFleet Fleet, Action LogTimeout, CancellationToken Deadline)
{
    private const string Scheme = "Bearer ";

    /// <summary>Small bodies of runners.</summary>
    public const int MaxBody = 4096;

    /// <summary>Asks the fleet, and answers for it when it is not done in time.</summary>
    public async Task<T> InTimeAsync<T>(Func<IRunnerFleet, CancellationToken, Task<T>> ask, T late)
    {
        try
        {
            return await ask(Fleet, Deadline).WaitAsync(Deadline).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (Deadline.IsCancellationRequested)
        {
            LogTimeout();
            return late;
        }
    }

    /// <summary>Reads what both runner routes ask of a request: a bearer secret, then a small JSON body. Where there is a refusal, it is to be answered with.</summary>
    public async Task<(string Secret, T? Body, FleetHttpResponse? Refusal)> ReadAsync<T>(JsonTypeInfo<T> type, string shape)
        where T : class
    {
        if (Bearer() is not { } secret)
        {
            return ("", null, FleetHttpResponse.Problem(401, "Send the runner's secret as Authorization: Bearer."));
        }

        var body = await Request.ReadBodyAsync(MaxBody, Deadline).ConfigureAwait(false);
        if (body.Refusal is { } refusal)
        {
            return ("", null, refusal);
        }

        try
        {
            if (JsonSerializer.Deserialize(body.Bytes.Span, type) is { } read)
            {
                return (secret, read, null);
            }
        }
        catch (JsonException)
        {
            // Its message would quote the body.
        }

        return ("", null, FleetHttpResponse.Problem(400, $"The body must be JSON such as {shape}."));
    }

    /// <summary>The token of <c>Authorization: Bearer</c>; <see langword="null"/> where there is none, or more than one.</summary>
    private string? Bearer() =>
        Request.GetHeader("Authorization") is [{ } header]
        && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && header[Scheme.Length..].Trim() is { Length: > 0 } token
        && !token.Contains(' ', StringComparison.Ordinal)
            ? token
            : null;
}
