using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using RunnerFleet.Compute;

namespace RunnerFleet.Local.Processes;

/// <summary>How a claim ended for the supervisor.</summary>
internal sealed record ClaimResult
{
    /// <summary>The registration, if there is one.</summary>
    public ClaimReply? Reply { get; init; }

    /// <summary>Otherwise with what the supervisor ends.</summary>
    public int ExitCode { get; init; }

    /// <summary>Why there is none.</summary>
    public string? Reason { get; init; }
}

/// <summary>Speaks with the control plane for one runner.</summary>
internal sealed class ControlPlaneClient(HandOver handOver, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan ClaimDeadline = TimeSpan.FromMinutes(10); // the engine's own default for a claim
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(60); // behind a claim is a call to GitHub
    private static readonly TimeSpan ReportTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(1);

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Claims the registration: asks again while the control plane is busy or away, and gives up when it refuses or the time is over.</summary>
    public async Task<ClaimResult> ClaimAsync(Action<string> say, CancellationToken cancellationToken)
    {
        var deadline = clock.GetUtcNow() + ClaimDeadline;
        var wait = FirstWait;
        while (true)
        {
            TimeSpan? asked = null;
            string trouble;
            try
            {
                using var response = await PostAsync("runner/claim", ClaimSecret, JsonContent.Create(
                    new ClaimBody { RunnerId = handOver.Identity.RunnerId, Attempt = handOver.Identity.Attempt }, ProcessJson.Default.ClaimBody), RequestTimeout, cancellationToken).ConfigureAwait(false);
                if (response.StatusCode is HttpStatusCode.OK)
                {
                    var reply = await response.Content.ReadFromJsonAsync(ProcessJson.Default.ClaimReply, cancellationToken).ConfigureAwait(false);
                    return new ClaimResult { Reply = reply ?? throw new JsonException("The answer is null.") };
                }

                if (response.StatusCode is HttpStatusCode.Gone or HttpStatusCode.Unauthorized)
                {
                    return Refused(response.StatusCode);
                }

                asked = RetryAfter(response);
                trouble = string.Create(CultureInfo.InvariantCulture, $"The control plane answered {(int)response.StatusCode}.");
            }
            catch (Exception exception) when (exception is HttpRequestException or JsonException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                trouble = exception is OperationCanceledException ? "The control plane did not answer in time." : $"The control plane cannot be reached, or its answer not read: {exception.Message}";
            }

            var pause = asked ?? wait;
            if (clock.GetUtcNow() + pause >= deadline)
            {
                return new ClaimResult { ExitCode = SupervisorExitCodes.ClaimTimedOut, Reason = $"No registration within {ClaimDeadline.TotalMinutes} minutes. {trouble}" };
            }

            say(string.Create(CultureInfo.InvariantCulture, $"{trouble} The claim is tried again in {pause.TotalSeconds} s."));
            await Task.Delay(pause, clock, cancellationToken).ConfigureAwait(false);
            wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
        }
    }

    /// <summary>Reports, as a hint. When it cannot be delivered, the control plane finds out by itself.</summary>
    public async Task ReportAsync(string status, string reportToken, Action<string> say)
    {
        try
        {
            using var response = await PostAsync("runner/status", reportToken, JsonContent.Create(
                new StatusBody { RunnerId = handOver.Identity.RunnerId, Status = status }, ProcessJson.Default.StatusBody), ReportTimeout, CancellationToken.None).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                say(string.Create(CultureInfo.InvariantCulture, $"The report '{status}' was answered {(int)response.StatusCode}."));
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            say($"The report '{status}' could not be delivered: {exception.Message}");
        }
    }

    public void Dispose() => _http.Dispose();

    private string ClaimSecret => handOver.Environment[RunnerEnvironment.ClaimSecret];

    private static ClaimResult Refused(HttpStatusCode status) => new()
    {
        ExitCode = SupervisorExitCodes.ClaimRefused,
        Reason = status is HttpStatusCode.Gone
            ? "The control plane has no registration for this runner any more (410)."
            : "The control plane does not accept the claim secret (401). Was its claim key changed?",
    };

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter is { } header ? header.Delta ?? header.Date - clock.GetUtcNow() : null;
        return asked is { } time ? TimeSpan.FromTicks(Math.Clamp(time.Ticks, FirstWait.Ticks, LongestRetryAfter.Ticks)) : null;
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string bearer, HttpContent content, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(timeout, clock);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{handOver.Environment[RunnerEnvironment.ControlPlaneUrl].TrimEnd('/')}/{path}") { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        return await _http.SendAsync(request, over.Token).ConfigureAwait(false);
    }
}
