using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Threading.Channels;
using RunnerFleet.GitHub;

namespace RunnerFleet.Bench.Load;

/// <summary>GitHub's webhooks: a number of connections, each sending one after the other. News of a job that runs goes before that of a new one.</summary>
internal sealed class LoadSender : IAsyncDisposable
{
    private readonly Channel<Delivery> _deliveries = Channel.CreateUnboundedPrioritized(new UnboundedPrioritizedChannelOptions<Delivery> { Comparer = Comparer<Delivery>.Create((a, b) => a.Order.CompareTo(b.Order)) });
    private readonly ConcurrentQueue<(string Action, double Milliseconds)> _times = new();
    private readonly ConcurrentDictionary<int, int> _answers = new();
    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _http;
    private readonly Uri _url;
    private readonly Task _work;
    private long _number;

    public LoadSender(Uri url, int connections)
    {
        _url = url;
        _handler = new SocketsHttpHandler { MaxConnectionsPerServer = connections, UseProxy = false };
        _http = new HttpClient(_handler) { Timeout = Timeout.InfiniteTimeSpan };
        _work = Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(SendAllAsync)));
    }

    /// <summary>How many answers of each status code came; 0 is no answer.</summary>
    public IReadOnlyDictionary<int, int> Answers => _answers;

    public int Answered => _answers.Values.Sum();

    public double[] Times(string? action = null) => [.. _times.Where(t => action is null || t.Action == action).Select(t => t.Milliseconds).Order()];

    /// <summary>Sends a webhook; returns when it was answered.</summary>
    public Task SendAsync(LoadJob job, string action, string? runnerName = null)
    {
        var number = Interlocked.Increment(ref _number);
        var delivery = new Delivery(action == "queued" ? number : number - long.MaxValue / 2, number, job, action, runnerName);
        _deliveries.Writer.TryWrite(delivery);
        return delivery.Done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _deliveries.Writer.TryComplete();
        await _work;
        _http.Dispose();
        _handler.Dispose();
    }

    private async Task SendAllAsync()
    {
        await foreach (var delivery in _deliveries.Reader.ReadAllAsync())
        {
            var body = delivery.Job.Body(delivery.Action, TimeProvider.System.GetUtcNow(), delivery.RunnerName);
            var signature = WebhookSignature.Sign(body, LoadHost.Secret);
            using var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.Add("X-GitHub-Event", "workflow_job");
            request.Headers.Add("X-GitHub-Delivery", delivery.Number.ToString(CultureInfo.InvariantCulture));
            request.Headers.Add("X-Hub-Signature-256", signature);
            var start = Stopwatch.GetTimestamp();
            var code = 0;
            try
            {
                using var response = await _http.SendAsync(request);
                code = (int)response.StatusCode;
            }
            catch (HttpRequestException)
            {
                // counted as no answer
            }

            _times.Enqueue((delivery.Action, Stopwatch.GetElapsedTime(start).TotalMilliseconds));
            _answers.AddOrUpdate(code, 1, (_, count) => count + 1);
            delivery.Done.SetResult();
        }
    }

    private sealed record Delivery(long Order, long Number, LoadJob Job, string Action, string? RunnerName)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
