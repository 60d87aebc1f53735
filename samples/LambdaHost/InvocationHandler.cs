using LambdaHost.Http;
using LambdaHost.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet;
using RunnerFleet.Aws.Events;
using RunnerFleet.Aws.Secrets;
using RunnerFleet.Http;

namespace LambdaHost;

/// <summary>
/// Handles one invocation: a request is answered, anything else is handed to the fleet. Which of both it is shows in the shape of the payload alone: a path is what a caller wrote, and nobody who can call an address may
/// pass for AWS. Nothing is thrown.
/// </summary>
internal sealed class InvocationHandler(IServiceProvider services, FunctionRole role, string? publicUrl)
{
    /// <summary>How long before Lambda's deadline the work ends.</summary>
    public static readonly TimeSpan WorkMargin = TimeSpan.FromMilliseconds(500);

    // What does not heed the end of its work is left behind, and what happened is published in the rest.
    private static readonly TimeSpan AnswerMargin = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan FlushMargin = TimeSpan.FromMilliseconds(100);

    // GitHub waits 10 s for an answer (docs: best practices for webhooks).
    private static readonly TimeSpan InlinePatience = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan FlushPatienceOfRequests = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FlushPatience = TimeSpan.FromSeconds(10); // moves that wait are published by the next invocation of this process, if there is one
    private static readonly TimeSpan SettingsRetryAfter = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _clock = services.GetRequiredService<TimeProvider>();
    private readonly ILogger _logger = services.GetRequiredService<ILogger<InvocationHandler>>();

    public async Task<FunctionAnswer> HandleAsync(Invocation invocation)
    {
        var began = _clock.GetTimestamp();
        var left = invocation.Deadline - _clock.GetUtcNow();
        using var work = Until(left - WorkMargin);
        using var answer = Until(left - AnswerMargin);
        using var request = HttpEvent.TryRead(invocation.Payload, publicUrl);
        var result = request is not null
            ? HttpEvent.Write(await AnswerAsync(request, work.Token, answer.Token).ConfigureAwait(false))
            : await DoAsync(invocation.Payload, work.Token, answer.Token).ConfigureAwait(false);
        var spent = _clock.GetElapsedTime(began);
        await DrainWhereHintWasLostAsync(Least(left - WorkMargin, request is null ? left : InlinePatience) - spent).ConfigureAwait(false);
        spent = _clock.GetElapsedTime(began);
        await PublishAsync(Least(left - FlushMargin - spent, request is null ? FlushPatience : FlushPatienceOfRequests)).ConfigureAwait(false);
        return result;
    }

    private async Task<FleetHttpResponse> AnswerAsync(HttpEvent request, CancellationToken work, CancellationToken answer)
    {
        if (!role.TakesHttp())
        {
            return FleetHttpResponse.Problem(404, role.Sentence());
        }

        try
        {
            await PrepareAsync(InlinePatience, work).ConfigureAwait(false);
            return await services.GetRequiredService<FleetHttp>().HandleAsync(request, work).WaitAsync(answer).ConfigureAwait(false);
        }
        catch (OptionsValidationException e)
        {
            _logger.SettingsNotKnown(e.Message);
            return FleetHttpResponse.Problem(503, "The fleet's settings cannot be read at present. Ask again.", SettingsRetryAfter);
        }
        catch (OperationCanceledException) when (work.IsCancellationRequested)
        {
            _logger.OutOfTime();
            return FleetHttpResponse.Problem(503, "The function's time was up before this was done. Ask again.", SettingsRetryAfter);
        }
#pragma warning disable CA1031 // whatever happens is answered
        catch (Exception e)
#pragma warning restore CA1031
        {
            _logger.InvocationFailed(e);
            return FleetHttpResponse.Problem(500, "This should not happen. The function's log tells more.");
        }
    }

    private async Task<FunctionAnswer> DoAsync(ReadOnlyMemory<byte> payload, CancellationToken work, CancellationToken answer)
    {
        if (role == FunctionRole.Ingress)
        {
            return Refuse();
        }

        try
        {
            await PrepareAsync(Timeout.InfiniteTimeSpan, work).ConfigureAwait(false);
            var events = services.GetRequiredService<AwsEvents>();
            if (!role.Takes(events.KindOf(payload)))
            {
                return Refuse();
            }

            var done = await events.HandleAsync(payload, work).WaitAsync(answer).ConfigureAwait(false);
            return done.IsBatch ? FunctionAnswer.Of(done.ToBatchResponse())
                : !done.ShouldComeAgain ? FunctionAnswer.Of("""{"outcome":"done"}"""u8.ToArray())
                : work.IsCancellationRequested ? OutOfTime()
                : done.Outcomes[0] is { Status: AwsEventStatus.Unreadable, Reason: { } reason } ? FunctionAnswer.Failed("Function.UnreadableEvent", $"Nobody understands the event: {reason}")
                : FunctionAnswer.Failed("Function.EventFailed", "The event could not be handled. The log tells more; it may come again.");
        }
        catch (OptionsValidationException e)
        {
            _logger.SettingsNotKnown(e.Message);
            return FunctionAnswer.Failed("Function.SettingsUnavailable", "The fleet's settings cannot be read at present. The log tells which; the next invocation tries again.");
        }
        catch (OperationCanceledException) when (work.IsCancellationRequested)
        {
            return OutOfTime();
        }
#pragma warning disable CA1031 // Lambda is told that it failed; what the exception says stays in the log
        catch (Exception e)
#pragma warning restore CA1031
        {
            _logger.InvocationFailed(e);
            return FunctionAnswer.Failed("Function.Failed", "This should not happen. The log tells more.");
        }
    }

    /// <summary>Secrets may have changed, or may not have been readable before.</summary>
    private async Task PrepareAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await services.GetRequiredService<IAwsSecrets>().RefreshAsync(cancellationToken).WaitAsync(patience, _clock, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(RunnerFleetOptions), ["they could not be read in time."]); // the read goes on
        }
    }

    /// <summary>A hint that could not be sent may leave jobs waiting until the next schedule: launch them now, as far as the time goes.</summary>
    private async Task DrainWhereHintWasLostAsync(TimeSpan patience)
    {
        if (!services.GetRequiredService<LostHints>().Take() || patience <= TimeSpan.Zero)
        {
            return;
        }

        using var limit = Until(patience);
        try
        {
            await services.GetRequiredService<IRunnerFleet>().DrainAsync(limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
            _logger.DrainedInline();
        }
#pragma warning disable CA1031 // what was asked for is stored; a schedule drains too
        catch (Exception e)
#pragma warning restore CA1031
        {
            _logger.NotDrainedInline(e);
        }
    }

    /// <summary>After the answer the process is frozen, and with it whatever moves wait to be published.</summary>
    private async Task PublishAsync(TimeSpan patience)
    {
        if (services.GetService<IEventBridgePublisher>() is not { } publisher)
        {
            return;
        }

        using var limit = Until(patience);
        try
        {
            await publisher.FlushAsync(limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _logger.MovesWait();
        }
#pragma warning disable CA1031 // moves are published as far as it goes; that they happened is stored
        catch (Exception e)
#pragma warning restore CA1031
        {
            _logger.InvocationFailed(e);
        }
    }

    private FunctionAnswer Refuse()
    {
        _logger.NotForThisRole(role.Sentence());
        return FunctionAnswer.Failed("Function.OtherRole", role.Sentence());
    }

    private FunctionAnswer OutOfTime()
    {
        _logger.OutOfTime();
        return FunctionAnswer.Failed("Function.OutOfTime", "The function's time was up before the work was done. What was stored stays; the next invocation goes on.");
    }

    private CancellationTokenSource Until(TimeSpan time) => new(time > TimeSpan.Zero ? time : TimeSpan.Zero, _clock);

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
