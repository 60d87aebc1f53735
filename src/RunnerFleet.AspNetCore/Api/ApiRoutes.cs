using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RunnerFleet.AspNetCore.Http;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using static RunnerFleet.AspNetCore.Http.FleetRoute;

namespace RunnerFleet.AspNetCore.Api;

/// <summary>What people and tools may ask of a fleet.</summary>
internal static class ApiRoutes
{
    public static readonly TimeSpan TerminateLimit = TimeSpan.FromSeconds(30);

    public static void Map(RouteGroupBuilder group)
    {
        group.Get("/api/fleet", ForThoseWithAccess(FleetAsync));
        group.Get("/api/classes", ForThoseWithAccess(ClassesAsync));
        group.Get("/api/runners", ForThoseWithAccess(RunnersAsync));
        group.Get("/api/runners/{id}", ForThoseWithAccess(RunnerAsync));
        group.Post("/api/runners/{id}/terminate", ForThoseWithAccess(TerminateAsync));
        group.Get("/api/jobs", ForThoseWithAccess(JobsAsync));
        group.Get("/api/jobs/{id}", ForThoseWithAccess(JobAsync));
    }

    private static async Task FleetAsync(HttpContext context)
    {
        var overview = await context.Fleet().GetOverviewAsync(context.RequestAborted).ConfigureAwait(false);
        await context.Response.WriteJsonAsync(StatusCodes.Status200OK, FleetAnswer.Of(overview), FleetJson.Default.FleetAnswer).ConfigureAwait(false);
    }

    private static async Task ClassesAsync(HttpContext context)
    {
        var classes = await context.Fleet().GetClassesAsync(context.RequestAborted).ConfigureAwait(false);
        ClassAnswer[] items = [.. classes.Values.OrderBy(size => size.Name, StringComparer.Ordinal).Select(ClassAnswer.Of)];
        await context.Response.WriteJsonAsync(StatusCodes.Status200OK, new PageAnswer<ClassAnswer>(items, null), FleetJson.Default.PageAnswerClassAnswer).ConfigureAwait(false);
    }

    private static async Task RunnersAsync(HttpContext context)
    {
        var (request, problem) = ListRequest<RunnerState>.Read(context.Request.Query);
        if (request is not null)
        {
            try
            {
                var query = new RunnerQuery { States = request.States, Take = request.Take, Continuation = request.Continuation };
                var page = await context.Fleet().ListRunnersAsync(query, context.RequestAborted).ConfigureAwait(false);
                var answer = new PageAnswer<RunnerAnswer>([.. page.Items.Select(RunnerAnswer.Of)], page.Continuation);
                await context.Response.WriteJsonAsync(StatusCodes.Status200OK, answer, FleetJson.Default.PageAnswerRunnerAnswer).ConfigureAwait(false);
                return;
            }
            catch (ArgumentException) when (request.Continuation is not null)
            {
                problem = BadContinuation;
            }
        }

        await problem!.WriteAsync(context.Response).ConfigureAwait(false);
    }

    private static async Task JobsAsync(HttpContext context)
    {
        var (request, problem) = ListRequest<JobState>.Read(context.Request.Query);
        if (request is not null)
        {
            try
            {
                var query = new JobQuery { States = request.States, Take = request.Take, Continuation = request.Continuation };
                var page = await context.Fleet().ListJobsAsync(query, context.RequestAborted).ConfigureAwait(false);
                var answer = new PageAnswer<JobAnswer>([.. page.Items.Select(JobAnswer.Of)], page.Continuation);
                await context.Response.WriteJsonAsync(StatusCodes.Status200OK, answer, FleetJson.Default.PageAnswerJobAnswer).ConfigureAwait(false);
                return;
            }
            catch (ArgumentException) when (request.Continuation is not null)
            {
                problem = BadContinuation;
            }
        }

        await problem!.WriteAsync(context.Response).ConfigureAwait(false);
    }

    private static async Task RunnerAsync(HttpContext context)
    {
        if (RunnerId(context) is not { } id)
        {
            await BadRunnerId.WriteAsync(context.Response).ConfigureAwait(false);
            return;
        }

        var runner = await context.Fleet().GetRunnerAsync(id, context.RequestAborted).ConfigureAwait(false);
        await (runner is null
            ? NoRunner.WriteAsync(context.Response)
            : context.Response.WriteJsonAsync(StatusCodes.Status200OK, RunnerAnswer.WithHistory(runner), FleetJson.Default.RunnerAnswer)).ConfigureAwait(false);
    }

    private static async Task JobAsync(HttpContext context)
    {
        if (JobKeyOf(context.Request) is not { } key)
        {
            await Problem.Of(StatusCodes.Status400BadRequest, "A job is named by its number at GitHub, such as /api/jobs/42; where it is not of github.com, add ?host= and the GitHub host.").WriteAsync(context.Response).ConfigureAwait(false);
            return;
        }

        var job = await context.Fleet().GetJobAsync(key, context.RequestAborted).ConfigureAwait(false);
        await (job is null
            ? Problem.Of(StatusCodes.Status404NotFound, "This fleet has no record of such a job: it never heard of it, or the record has expired.").WriteAsync(context.Response)
            : context.Response.WriteJsonAsync(StatusCodes.Status200OK, JobAnswer.WithHistory(job), FleetJson.Default.JobAnswer)).ConfigureAwait(false);
    }

    private static async Task TerminateAsync(HttpContext context)
    {
        if (RunnerId(context) is not { } id)
        {
            await BadRunnerId.WriteAsync(context.Response).ConfigureAwait(false);
            return;
        }

        if (Force(context.Request) is not { } force)
        {
            await Problem.Of(StatusCodes.Status400BadRequest, "force must be true or false.").WriteAsync(context.Response).ConfigureAwait(false);
            return;
        }

        using var deadline = new CancellationTokenSource(TerminateLimit, context.Clock());
        TerminateOutcome outcome;
        try
        {
            outcome = await context.Fleet().TerminateAsync(id, force, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            context.Logger().RequestTimedOut(context.Route(), TerminateLimit.TotalSeconds);
            await Problem.Of(StatusCodes.Status503ServiceUnavailable, "The runner's end could not be recorded in time. Ask again.").WriteAsync(context.Response, TimeSpan.FromSeconds(5)).ConfigureAwait(false);
            return;
        }

        context.Logger().TerminateAsked(id, force, outcome.GetType().Name);
        await (outcome switch
        {
            TerminateOutcome.Ending ending => context.Response.WriteJsonAsync(StatusCodes.Status202Accepted, RunnerAnswer.WithHistory(ending.Runner), FleetJson.Default.RunnerAnswer),
            TerminateOutcome.AlreadyEnded ended => context.Response.WriteJsonAsync(StatusCodes.Status200OK, RunnerAnswer.WithHistory(ended.Runner), FleetJson.Default.RunnerAnswer),
            TerminateOutcome.RunsJob => Problem.Of(StatusCodes.Status409Conflict, "The runner runs a job and was left alone. Add ?force=true to end it and kill its job.").WriteAsync(context.Response),
            TerminateOutcome.NotFound => NoRunner.WriteAsync(context.Response),
            _ => throw new InvalidOperationException($"The terminate outcome {outcome.GetType()} has no answer."),
        }).ConfigureAwait(false);
    }

    private static Problem BadContinuation => Problem.Of(StatusCodes.Status400BadRequest, "This continuation was not given out by this fleet. Begin again without it.");

    private static Problem BadRunnerId => Problem.Of(StatusCodes.Status400BadRequest, "A runner is named by its id, 26 digits and capital letters, as GET /api/runners lists them.");

    private static Problem NoRunner => Problem.Of(StatusCodes.Status404NotFound, "This fleet has no record of such a runner: there never was one, or the record has expired.");

    private static string? RunnerId(HttpContext context) => context.Request.RouteValues["id"] is string id && RunnerName.IsId(id) ? id : null;

    private static JobKey? JobKeyOf(HttpRequest request)
    {
        var host = request.Query["host"] is { Count: > 0 } asked ? asked.ToString().ToLowerInvariant() : "github.com";
        return request.RouteValues["id"] is string text && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && host.Length is > 0 and <= 253 && host.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or ':')
            ? new JobKey(host, id)
            : null;
    }

    private static bool? Force(HttpRequest request) => request.Query["force"] is not { Count: > 0 } force ? false
        : bool.TryParse(force.ToString(), out var wanted) ? wanted
        : null;
}
