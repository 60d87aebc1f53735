using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using RunnerFleet.GitHub;

namespace RunnerFleet.Testing.GitHub;

/// <summary>One hook: where its deliveries go.</summary>
internal sealed record HookRow(long Id, Uri? Url, Func<StandInDelivery, CancellationToken, Task<int>>? Receiver);

/// <summary>One try to deliver, with what its list shows besides.</summary>
internal sealed record DeliveryRow(StandInDelivery Delivery, RepositoryRow Repository, HookRow Hook)
{
    public DateTimeOffset DeliveredAt { get; init; }

    public TimeSpan Duration { get; init; }

    public string Status { get; init; } = "";
}

/// <summary>Signs, sends and records deliveries: in order, one at a time, and never again by itself.</summary>
internal sealed class StandInHooks : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromDays(3);

    private readonly TimeProvider _clock;
    private readonly GitHubStandInOptions _options;
    private readonly StandInIds _ids;
    private readonly Lock _gate = new();
    private readonly Queue<DeliveryRow> _pending = new();
    private readonly List<DeliveryRow> _held = [];
    private readonly List<DeliveryRow> _done = [];
    private readonly SemaphoreSlim _sending = new(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private DeliveryRow? _underWay;
    private bool _isPumping;

    public StandInHooks(TimeProvider clock, GitHubStandInOptions options, StandInIds ids)
    {
        _clock = clock;
        _options = options;
        _ids = ids;
        Hooks = [.. options.WebhookUrls.Select(u => new HookRow(ids.Next(), u, null))];
        if (options.Receiver is { } receiver)
        {
            Hooks = [.. Hooks, new HookRow(ids.Next(), null, receiver)];
        }
    }

    public IReadOnlyList<HookRow> Hooks { get; }

    public Func<StandInDelivery, DeliveryFate>? Fate { get; set; }

    /// <summary>Called after a change that no move of the world follows.</summary>
    public Action Changed { get; set; } = static () => { };

    /// <summary>What nobody has answered yet, in order.</summary>
    public IReadOnlyList<SavedDelivery> Save()
    {
        lock (_gate)
        {
            var underWay = _underWay is { } row ? new[] { row } : [];
            return [.. underWay.Concat(_pending).Select(r => Save(r, isHeld: false)), .. _held.Select(r => Save(r, isHeld: true))];
        }
    }

    /// <summary>Takes up what an earlier process has not delivered, or does not know whether it has.</summary>
    public void Restore(IEnumerable<SavedDelivery> saved, Func<string, RepositoryRow> repositoryOf)
    {
        lock (_gate)
        {
            foreach (var delivery in saved.Where(d => d.Hook < Hooks.Count))
            {
                var row = NewRow(Hooks[delivery.Hook], repositoryOf(delivery.Repository), delivery.DeliveryId, delivery.JobId, delivery.Event, delivery.Action, delivery.Body, delivery.IsRedelivery);
                if (delivery.IsHeld)
                {
                    _held.Add(row);
                }
                else
                {
                    _pending.Enqueue(row);
                }
            }

            if (_pending.Count == 0)
            {
                return;
            }
        }

        StartPump();
    }

    public void Enqueue(RepositoryRow repository, long jobId, string @event, string action, byte[] body)
    {
        var deliveryId = NextDeliveryId();
        lock (_gate)
        {
            foreach (var hook in Hooks)
            {
                var row = NewRow(hook, repository, deliveryId, jobId, @event, action, body, isRedelivery: false);
                switch (Fate?.Invoke(row.Delivery) ?? DeliveryFate.Deliver)
                {
                    case DeliveryFate.Drop:
                        break;
                    case DeliveryFate.Hold:
                        _held.Add(row);
                        break;
                    case DeliveryFate.Duplicate:
                        _pending.Enqueue(row);
                        _pending.Enqueue(row with { Delivery = row.Delivery with { Id = _ids.Next() } });
                        break;
                    default:
                        _pending.Enqueue(row);
                        break;
                }
            }
        }

        StartPump();
    }

    public int Release(bool newestFirst)
    {
        int count;
        lock (_gate)
        {
            count = _held.Count;
            foreach (var row in newestFirst ? _held.AsEnumerable().Reverse() : _held)
            {
                _pending.Enqueue(row);
            }

            _held.Clear();
        }

        Changed();
        StartPump();
        return count;
    }

    /// <summary>Sends an earlier delivery again: same GUID, new id.</summary>
    public bool Redeliver(long deliveryId)
    {
        lock (_gate)
        {
            if (_done.Find(d => d.Delivery.Id == deliveryId) is not { } old)
            {
                return false;
            }

            _pending.Enqueue(NewRow(old.Hook, old.Repository, old.Delivery.DeliveryId, old.Delivery.JobId, old.Delivery.Event, old.Delivery.Action, old.Delivery.Body, isRedelivery: true));
        }

        Changed();
        StartPump();
        return true;
    }

    /// <summary>What was tried in the last three days, newest first.</summary>
    public IReadOnlyList<DeliveryRow> List()
    {
        lock (_gate)
        {
            var oldest = _clock.GetUtcNow() - Window;
            _done.RemoveAll(d => d.DeliveredAt < oldest);
            return [.. _done.OrderByDescending(d => d.Delivery.Id)];
        }
    }

    public async Task DeliverPendingAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                DeliveryRow? row;
                lock (_gate)
                {
                    if (!_pending.TryDequeue(out row))
                    {
                        return;
                    }

                    _underWay = row;
                }

                Changed(); // what it tells of is kept before anyone hears it
                var sent = await SendAsync(row, cancellationToken).ConfigureAwait(false);
                lock (_gate)
                {
                    _underWay = null;
                    _done.Add(sent);
                }

                Changed();
            }
            finally
            {
                _sending.Release();
            }
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _http.Dispose();
    }

    private void StartPump()
    {
        lock (_gate)
        {
            if (!_options.DeliverAutomatically || _isPumping || _stop.IsCancellationRequested)
            {
                return;
            }

            _isPumping = true;
        }

        _ = Task.Run(PumpAsync);
    }

    private async Task PumpAsync()
    {
        while (true)
        {
            try
            {
                await DeliverPendingAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (_stop.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }

            lock (_gate)
            {
                if (_pending.Count == 0)
                {
                    _isPumping = false;
                    return;
                }
            }
        }
    }

    private async Task<DeliveryRow> SendAsync(DeliveryRow row, CancellationToken cancellationToken)
    {
        var at = _clock.GetUtcNow();
        var start = _clock.GetTimestamp();
        using var deadline = new CancellationTokenSource(_options.DeliveryTimeout, _clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        int code;
        string status;
        try
        {
            code = row.Hook.Receiver is { } receiver
                ? await receiver(row.Delivery, linked.Token).ConfigureAwait(false)
                : await PostAsync(row, linked.Token).ConfigureAwait(false);
            status = code is >= 200 and <= 299 ? "OK" : $"Invalid HTTP Response: {code}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            (code, status) = (0, "timed out");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever a receiver does, the next delivery goes out.
            (code, status) = (0, "failed to connect to host");
        }

        return row with { Delivery = row.Delivery with { StatusCode = code }, DeliveredAt = at, Duration = _clock.GetElapsedTime(start), Status = status };
    }

    private async Task<int> PostAsync(DeliveryRow row, CancellationToken cancellationToken)
    {
        using var content = new ReadOnlyMemoryContent(row.Delivery.Body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, row.Hook.Url) { Content = content };
        foreach (var (name, value) in row.Delivery.Headers.Where(h => h.Key != "Content-Type"))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        return (int)response.StatusCode;
    }

    private SavedDelivery Save(DeliveryRow row, bool isHeld)
    {
        var hook = 0;
        while (Hooks[hook] != row.Hook)
        {
            hook++;
        }

        var delivery = row.Delivery;
        return new(hook, row.Repository.FullName, delivery.DeliveryId, delivery.JobId, delivery.Event, delivery.Action, delivery.Body.ToArray(), delivery.IsRedelivery, isHeld);
    }

    private DeliveryRow NewRow(HookRow hook, RepositoryRow repository, string deliveryId, long jobId, string @event, string action, ReadOnlyMemory<byte> body, bool isRedelivery)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["Accept"] = "*/*",
            ["Content-Type"] = "application/json",
            ["User-Agent"] = "GitHub-Hookshot/5f1a2b3",
            ["X-GitHub-Event"] = @event,
            ["X-GitHub-Delivery"] = deliveryId,
            ["X-GitHub-Hook-ID"] = hook.Id.ToString(CultureInfo.InvariantCulture),
            ["X-GitHub-Hook-Installation-Target-Type"] = repository.OwnerIsUser ? "repository" : "organization",
            ["X-GitHub-Hook-Installation-Target-ID"] = (repository.OwnerIsUser ? repository.Id : repository.OwnerId).ToString(CultureInfo.InvariantCulture),
        };
        if (_options.WebhookSecret is { Length: > 0 } secret)
        {
            headers["X-Hub-Signature-256"] = WebhookSignature.Sign(body.Span, secret);
        }

        if (_options.Host != "github.com")
        {
            headers["X-GitHub-Enterprise-Host"] = _options.Host;
        }

        var delivery = new StandInDelivery
        {
            Id = _ids.Next(),
            DeliveryId = deliveryId,
            HookId = hook.Id,
            Event = @event,
            Action = action,
            JobId = jobId,
            Body = body,
            Headers = headers,
            IsRedelivery = isRedelivery,
        };
        return new(delivery, repository, hook);
    }

    /// <summary>A GUID that no other event of this or a later stand-in has, and the same in every replay.</summary>
    private string NextDeliveryId()
    {
        Span<byte> hash = stackalloc byte[32];
        System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"delivery {_ids.Next()}")), hash);
        return new Guid(hash[..16]).ToString();
    }
}
