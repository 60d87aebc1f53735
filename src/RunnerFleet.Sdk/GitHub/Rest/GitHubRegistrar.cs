using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Runners;

namespace RunnerFleet.GitHub.Rest;

/// <summary>The default registrar: GitHub's REST API over <see cref="IHttpClientFactory"/>.</summary>
internal sealed class GitHubRegistrar(IHttpClientFactory clients, IOptionsMonitor<RunnerFleetOptions> options, TimeProvider clock, ILogger<GitHubRegistrar> logger) : IRunnerRegistrar
{
    private const int RunnerPages = 100;    // 10,000 runners: the most that a runner group holds
    private const int RunPages = 10;        // 1,000 runs: the most that a search by status gives
    private const int JobPages = 10;        // 1,000 jobs; a run has at most 256 in one matrix
    private const int DeliveryPages = 20;
    private const int SuccessPages = 3;
    private const string ActionsRead = "Actions: read";

    private readonly GitHubTransport _transport = new(clients, options, new OptionsCredentials(options), clock, logger);

    public async Task<GitHubAnswer<JitRegistration>> CreateJitConfigAsync(JitRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var body = new JitRequestBody(request.Name, request.Scope.RunnerGroupId, request.Labels, request.WorkFolder);
        var reply = await _transport.SendAsync(
            Runners(HttpMethod.Post, request.Scope, "/generate-jitconfig", 201) with
            {
                NotFoundIsRefusal = true,
                Body = JsonSerializer.SerializeToUtf8Bytes(body, GitHubJson.Default.JitRequestBody),
            },
            null,
            cancellationToken).ConfigureAwait(false);
        return Read(reply, GitHubJson.Default.JitBody, b => b is { Runner.Id: > 0, EncodedJitConfig.Length: > 0 }
            ? new JitRegistration { RunnerId = b.Runner.Id.Value, EncodedJitConfig = b.EncodedJitConfig }
            : null);
    }

    public async Task<GitHubAnswer<RegistrationToken>> CreateRegistrationTokenAsync(RunnerScope scope, CancellationToken cancellationToken)
    {
        var reply = await _transport.SendAsync(Runners(HttpMethod.Post, scope, "/registration-token", 201) with { NotFoundIsRefusal = true }, null, cancellationToken).ConfigureAwait(false);
        return Read(reply, GitHubJson.Default.TokenBody, b => b is { Token.Length: > 0, ExpiresAt: not null }
            ? new RegistrationToken { Token = b.Token, ExpiresAt = b.ExpiresAt.Value }
            : null);
    }

    public async Task<GitHubAnswer<GitHubRunner?>> FindRunnerAsync(RunnerScope scope, string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var found = await ListRunnersAsync(scope, $"?name={Uri.EscapeDataString(name)}&per_page=100", r => r.Name == name, cancellationToken).ConfigureAwait(false);
        return found.Status == GitHubStatus.Ok
            ? GitHubAnswer.Ok(found.Value!.Count == 0 ? null : found.Value[0], found.Requests)
            : GitHubAnswer.Not<GitHubRunner?>(found.Status, found.Reason!, found.RetryAfter, found.Requests);
    }

    public async Task<GitHubAnswer<GitHubRunner>> GetRunnerAsync(RunnerScope scope, long runnerId, CancellationToken cancellationToken)
    {
        var reply = await _transport.SendAsync(Runners(HttpMethod.Get, scope, $"/{Number(runnerId)}", 200), null, cancellationToken).ConfigureAwait(false);
        return Read(reply, GitHubJson.Default.RunnerBody, ToRunner);
    }

    public Task<GitHubAnswer<IReadOnlyList<GitHubRunner>>> ListRunnersAsync(RunnerScope scope, string namePrefix, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(namePrefix);
        return ListRunnersAsync(scope, "?per_page=100", r => r.Name.StartsWith(namePrefix, StringComparison.Ordinal), cancellationToken);
    }

    public async Task<GitHubAnswer<bool>> DeleteRunnerAsync(RunnerScope scope, long runnerId, CancellationToken cancellationToken)
    {
        var reply = await _transport.SendAsync(Runners(HttpMethod.Delete, scope, $"/{Number(runnerId)}", 204), null, cancellationToken).ConfigureAwait(false);
        return reply.Status == GitHubStatus.Ok ? GitHubAnswer.Ok(true) : reply.Not<bool>();
    }

    public async Task<GitHubAnswer<GitHubJob>> GetJobAsync(RunnerScope scope, RepositoryRef repository, long jobId, CancellationToken cancellationToken)
    {
        var reply = await _transport.SendAsync(Actions(scope, repository, $"jobs/{Number(jobId)}"), null, cancellationToken).ConfigureAwait(false);
        return Read(reply, GitHubJson.Default.JobBody, ToJob);
    }

    public async Task<GitHubAnswer<IReadOnlyList<GitHubJob>>> ListActiveJobsAsync(RunnerScope scope, RepositoryRef repository, long afterRunId, int mostRequests, CancellationToken cancellationToken)
    {
        // Queued first: a run that starts between the two requests is then in at least one of them.
        var sent = 0;
        var runs = new SortedDictionary<long, RepositoryRef?>(); // GitHub's ids grow: the oldest first
        foreach (var status in (string[])["queued", "in_progress"])
        {
            var listed = await PagesAsync(
                Actions(scope, repository, $"runs?status={status}&per_page=100"), RunPages, GitHubJson.Default.RunsBody, b => b.WorkflowRuns, r => r.Id is > 0 ? r : null, cancellationToken).ConfigureAwait(false);
            sent += listed.Requests;
            if (listed.Status != GitHubStatus.Ok)
            {
                return GitHubAnswer.Not<IReadOnlyList<GitHubJob>>(listed.Status, listed.Reason!, listed.RetryAfter, sent);
            }

            foreach (var run in listed.Value!)
            {
                runs[run.Id!.Value] = ToRepository(run.Repository);
            }
        }

        var jobs = new List<GitHubJob>();
        var isFirst = true;
        foreach (var (run, seen) in runs.OrderBy(r => r.Key <= afterRunId))
        {
            if (sent >= mostRequests && !isFirst)
            {
                break;
            }

            isFirst = false;
            var listed = await PagesAsync(
                Actions(scope, repository, $"runs/{Number(run)}/jobs?filter=latest&per_page=100"), JobPages, GitHubJson.Default.JobsBody, b => b.Jobs, ToJob, cancellationToken).ConfigureAwait(false);
            sent += listed.Requests;

            // A run that was listed a moment ago and is 404 now was deleted; the others still count.
            if (listed.Status is not (GitHubStatus.Ok or GitHubStatus.NotFound))
            {
                return GitHubAnswer.Not<IReadOnlyList<GitHubJob>>(listed.Status, listed.Reason!, listed.RetryAfter, sent);
            }

            jobs.AddRange((listed.Value ?? []).Select(j => j with { RunId = run, Repository = seen }));
        }

        return GitHubAnswer.Ok<IReadOnlyList<GitHubJob>>(jobs, sent);
    }

    public async Task<GitHubAnswer<IReadOnlyList<HookDelivery>>> ListFailedDeliveriesAsync(RunnerScope scope, long hookId, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var failed = await DeliveriesAsync(scope, hookId, "failure", since, DeliveryPages, cancellationToken).ConfigureAwait(false);
        if (failed.Status != GitHubStatus.Ok || failed.Value!.Where(d => d.DeliveredAt >= since && d.StatusCode is < 200 or > 299).ToArray() is not { Length: > 0 } tries)
        {
            return failed.Status == GitHubStatus.Ok ? GitHubAnswer.Ok<IReadOnlyList<HookDelivery>>([], failed.Requests) : failed;
        }

        var came = await DeliveriesAsync(scope, hookId, "success", tries.Min(d => d.DeliveredAt), SuccessPages, cancellationToken).ConfigureAwait(false);
        var sent = failed.Requests + came.Requests;
        if (came.Status != GitHubStatus.Ok)
        {
            return GitHubAnswer.Not<IReadOnlyList<HookDelivery>>(came.Status, came.Reason!, came.RetryAfter, sent);
        }

        var last = came.Value!.GroupBy(d => d.DeliveryId, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Max(d => d.DeliveredAt), StringComparer.Ordinal);
        return GitHubAnswer.Ok<IReadOnlyList<HookDelivery>>([.. tries.Where(d => !last.TryGetValue(d.DeliveryId, out var at) || at < d.DeliveredAt)], sent);
    }

    /// <summary>The newest deliveries of one outcome, back to a moment or as far as the pages go: an older one that is not seen is only delivered once more, or never.</summary>
    private Task<GitHubAnswer<IReadOnlyList<HookDelivery>>> DeliveriesAsync(RunnerScope scope, long hookId, string status, DateTimeOffset since, int pages, CancellationToken cancellationToken)
    {
        var read = 0;
        return PagesAsync(
            Hook(HttpMethod.Get, scope, hookId, $"?status={status}&per_page=100", 200),
            pages,
            GitHubJson.Default.IReadOnlyListDeliveryBody,
            b => b,
            ToDelivery,
            cancellationToken,
            isLastPage: page => ++read == pages || (page.Count > 0 && page[^1].DeliveredAt < since)); // newest first
    }

    public async Task<GitHubAnswer<bool>> RedeliverAsync(RunnerScope scope, long hookId, long deliveryId, CancellationToken cancellationToken)
    {
        var reply = await _transport.SendAsync(Hook(HttpMethod.Post, scope, hookId, $"/{Number(deliveryId)}/attempts", 202), null, cancellationToken).ConfigureAwait(false);
        return reply.Status == GitHubStatus.Ok ? GitHubAnswer.Ok(true) : reply.Not<bool>();
    }

    private Task<GitHubAnswer<IReadOnlyList<GitHubRunner>>> ListRunnersAsync(RunnerScope scope, string query, Func<GitHubRunner, bool> keep, CancellationToken cancellationToken) =>
        PagesAsync(
            Runners(HttpMethod.Get, scope, query, 200) with { NotFoundIsRefusal = true }, // a listing is never absent: the scope is
            RunnerPages,
            GitHubJson.Default.RunnersBody,
            b => b.Runners,
            ToRunner,
            cancellationToken,
            keep);

    /// <summary>Walks a listing. Anything short of the whole of it is not Ok: who asks may take absence for proof.</summary>
    private async Task<GitHubAnswer<IReadOnlyList<TItem>>> PagesAsync<TPage, TWire, TItem>(
        GitHubRequest request,
        int mostPages,
        JsonTypeInfo<TPage> type,
        Func<TPage, IReadOnlyList<TWire?>?> items,
        Func<TWire, TItem?> convert,
        CancellationToken cancellationToken,
        Func<TItem, bool>? keep = null,
        Func<List<TItem>, bool>? isLastPage = null)
        where TPage : class
        where TWire : class
        where TItem : class
    {
        var all = new List<TItem>();
        Uri? next = null;
        for (var number = 1; number <= mostPages; number++)
        {
            var reply = await _transport.SendAsync(request, next, cancellationToken).ConfigureAwait(false);
            if (reply.Status != GitHubStatus.Ok)
            {
                return reply.Not<IReadOnlyList<TItem>>(number);
            }

            if (!reply.TryRead(type, out var body) || items(body!) is not { } wires || wires.Any(w => w is null || convert(w) is null))
            {
                return Unreadable<IReadOnlyList<TItem>>(number);
            }

            var page = wires.Select(w => convert(w!)!).ToList();
            all.AddRange(keep is null ? page : page.Where(keep));
            if (reply.Next.Foreign is { } foreign)
            {
                return GitHubAnswer.Not<IReadOnlyList<TItem>>(GitHubStatus.Unknown, $"GitHub's list goes on at another host ({foreign}), where the token must not go; so it is not complete.", requests: number);
            }

            if (reply.Next.Url is null || isLastPage?.Invoke(page) == true)
            {
                return GitHubAnswer.Ok<IReadOnlyList<TItem>>(all, number);
            }

            next = reply.Next.Url;
        }

        return GitHubAnswer.Not<IReadOnlyList<TItem>>(GitHubStatus.Unknown, $"GitHub's list has more than {mostPages} pages; it was not read to its end.", requests: mostPages);
    }

    private static GitHubAnswer<TValue> Read<TBody, TValue>(GitHubReply reply, JsonTypeInfo<TBody> type, Func<TBody, TValue?> convert)
        where TBody : class
        where TValue : class =>
        reply.Status != GitHubStatus.Ok ? reply.Not<TValue>()
        : reply.TryRead(type, out var body) && convert(body!) is { } value ? GitHubAnswer.Ok(value)
        : Unreadable<TValue>();

    private static GitHubAnswer<T> Unreadable<T>(int requests = 1) =>
        GitHubAnswer.Not<T>(GitHubStatus.Unknown, "GitHub's answer cannot be read: it is not the JSON that its description promises.", requests: requests);

    private static GitHubRequest Runners(HttpMethod method, RunnerScope scope, string rest, int expected)
    {
        ArgumentNullException.ThrowIfNull(scope);
        var right = method == HttpMethod.Get ? "read" : "write";
        return new()
        {
            Method = method,
            Scope = scope,
            Path = $"{scope.ApiPath}/actions/runners{rest}",
            Expected = expected,
            What = scope.Kind switch
            {
                RunnerScopeKind.Repository => "repository",
                RunnerScopeKind.Organization => "organization",
                _ => "enterprise",
            },
            Permission = scope.Kind switch
            {
                RunnerScopeKind.Repository => $"Administration: {right} on the repository",
                RunnerScopeKind.Organization => $"Self-hosted runners: {right} on the organization",
                _ => "manage_runners:enterprise",
            },
        };
    }

    private static GitHubRequest Actions(RunnerScope scope, RepositoryRef repository, string rest)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentNullException.ThrowIfNull(repository);
        return new()
        {
            Method = HttpMethod.Get,
            Scope = scope,
            Path = $"repos/{Uri.EscapeDataString(repository.Owner)}/{Uri.EscapeDataString(repository.Name)}/actions/{rest}",
            Expected = 200,
            Permission = $"{ActionsRead} on the repository",
        };
    }

    private static GitHubRequest Hook(HttpMethod method, RunnerScope scope, long hookId, string rest, int expected)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return new()
        {
            Method = method,
            Scope = scope,
            Path = $"{scope.ApiPath}/hooks/{Number(hookId)}/deliveries{rest}",
            Expected = expected,
            Permission = $"Webhooks: {(method == HttpMethod.Get ? "read" : "write")}",
        };
    }

    // A runner whose busy flag is not said must not pass for idle.
    private static GitHubRunner? ToRunner(RunnerBody body) =>
        body is { Id: > 0, Name: not null, Status: not null, Busy: not null }
            ? new() { Id = body.Id.Value, Name = body.Name, IsOnline = body.Status == "online", IsBusy = body.Busy.Value }
            : null;

    private static GitHubJob? ToJob(JobBody body) =>
        body is { Id: > 0, Status.Length: > 0 }
            ? new()
            {
                Id = body.Id.Value,
                RunId = body.RunId ?? 0,
                RunAttempt = body.RunAttempt ?? 0,
                Name = body.Name,
                WorkflowName = body.WorkflowName,
                Url = Uri.TryCreate(body.HtmlUrl, UriKind.Absolute, out var url) && url.Scheme is "https" or "http" ? url : null,
                Status = body.Status,
                Conclusion = body.Conclusion,
                Labels = [.. (body.Labels ?? []).OfType<string>()],
                RunnerName = string.IsNullOrEmpty(body.RunnerName) ? null : body.RunnerName,
                CreatedAt = body.CreatedAt,
            }
            : null;

    private static RepositoryRef? ToRepository(RepositoryBody? body) =>
        body is { Id: > 0 } && RepositoryNames.IsPart(body.Name) && RepositoryNames.IsPart(body.Owner?.Login)
            ? new() { Id = body.Id.Value, Owner = body.Owner.Login, Name = body.Name, IsPrivate = body.Private == true }
            : null;

    private static HookDelivery? ToDelivery(DeliveryBody body) =>
        body is { Id: > 0, Guid.Length: > 0, DeliveredAt: not null }
            ? new()
            {
                Id = body.Id.Value,
                DeliveryId = body.Guid,
                Event = body.Event ?? "",
                Action = body.Action,
                DeliveredAt = body.DeliveredAt.Value,
                StatusCode = body.StatusCode ?? 0,
            }
            : null;

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
