using LambdaHost.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Aws.Secrets;

namespace LambdaHost;

/// <summary>The life of one process: it begins, or says why not; then it handles one invocation after another, for as long as Lambda lets it.</summary>
/// <param name="configuration">The function's environment.</param>
/// <param name="runtime">Lambda.</param>
/// <param name="log">Where log lines go.</param>
/// <param name="clock">Tells the time.</param>
/// <param name="change">Puts other services in the place of some; for tests.</param>
internal sealed class Function(IConfiguration configuration, RuntimeApi runtime, JsonLines log, TimeProvider clock, Action<IServiceCollection>? change = null)
{
    public const int BadConfiguration = 78; // EX_CONFIG of sysexits.h
    public const int RuntimeFailed = 70; // EX_SOFTWARE

    // Lambda gives the initialization 10 s (AWS Lambda Developer Guide, execution environment lifecycle). What takes longer goes on with the first invocation.
    private static readonly TimeSpan InitPatience = TimeSpan.FromSeconds(8);

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var services = await BeginAsync(cancellationToken).ConfigureAwait(false);
            if (services is null)
            {
                return BadConfiguration;
            }

            var handler = services.GetRequiredService<InvocationHandler>();
            if (configuration["AWS_LAMBDA_INITIALIZATION_TYPE"] == "snap-start")
            {
                await runtime.RestoreAsync(cancellationToken).ConfigureAwait(false);
            }

            while (true)
            {
                var invocation = await runtime.NextAsync(cancellationToken).ConfigureAwait(false);
                log.RequestId = invocation.Id;
                Environment.SetEnvironmentVariable("_X_AMZN_TRACE_ID", invocation.TraceId); // where tracing looks for it
                var answer = await handler.HandleAsync(invocation).ConfigureAwait(false);
                await runtime.AnswerAsync(invocation.Id, answer, cancellationToken).ConfigureAwait(false);
                log.RequestId = null;
            }
        }
        catch (RuntimeApiException e)
        {
            // Lambda starts another process; in this one nobody knows any more what was answered.
            log.CreateLogger(nameof(Function)).RuntimeFailed(e.Message);
            return RuntimeFailed;
        }
    }

    /// <returns><see langword="null"/> where the function cannot work as it is configured; Lambda is told.</returns>
    private async Task<ServiceProvider?> BeginAsync(CancellationToken cancellationToken)
    {
        ServiceProvider? services = null;
        var failure = "";
        try
        {
            services = FunctionServices.Build(configuration, log, clock, change);
            await CheckAsync(services, cancellationToken).ConfigureAwait(false);
            return services;
        }
        catch (RefusalException e)
        {
            failure = e.Message;
        }
        catch (OptionsValidationException e)
        {
            failure = string.Join(" ", e.Failures);
        }
        catch (InvalidOperationException e) when (e.InnerException is not null && e.Message.StartsWith("Failed to convert configuration value", StringComparison.Ordinal))
        {
            failure = $"A setting could not be read: {e.Message.Split(" at ")[^1]}"; // the path; the value may be a secret in the wrong place
        }
#pragma warning disable CA1031 // Lambda is told of any failure, and its text may hold anything
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            log.CreateLogger(nameof(Function)).BeginningFailed(e);
            failure = $"The function could not begin ({e.GetType().Name}). Its log tells more.";
        }

        if (services is not null)
        {
            await services.DisposeAsync().ConfigureAwait(false);
        }

        log.CreateLogger(nameof(Function)).Refused(failure);
        await runtime.FailInitAsync(new("Runtime.BadConfiguration", failure), cancellationToken).ConfigureAwait(false);
        return null;
    }

    /// <summary>Finds out at once what nothing but another configuration cures. A secret that cannot be read now may be readable with the next invocation, so it stops nobody here.</summary>
    private async Task CheckAsync(ServiceProvider services, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Run(() => services.GetService<IStartupValidator>()?.Validate(), cancellationToken).WaitAsync(InitPatience, clock, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            services.GetRequiredService<ILogger<Function>>().SettingsNotKnown("they could not be read in time");
        }
        catch (Exception e) when (FailuresOf(e) is { Count: > 0 } failures)
        {
            var secrets = services.GetRequiredService<IAwsSecrets>();
            if (failures.Find(failure => !secrets.IsUnreadable(failure)) is { } lasting)
            {
                throw new OptionsValidationException(lasting.OptionsName, lasting.OptionsType, failures.SelectMany(failure => failure.Failures));
            }

            services.GetRequiredService<ILogger<Function>>().SettingsNotKnown(string.Join(" ", failures.SelectMany(failure => failure.Failures)));
        }
    }

    /// <summary>All that is wrong with the settings; empty where something else failed.</summary>
    private static List<OptionsValidationException> FailuresOf(Exception exception)
    {
        var all = exception is AggregateException aggregate ? [.. aggregate.Flatten().InnerExceptions] : new List<Exception> { exception };
        var failures = all.OfType<OptionsValidationException>().ToList();
        return failures.Count == all.Count ? failures : [];
    }
}
