using Amazon.Runtime;
using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Provisioning;

namespace RunnerFleet.Aws.Ssm;

/// <summary>The classes of one parameter. One caller reads it at a time; while it is read again the others go on with the last good copy, which stays for as long as the parameter cannot be read or holds nonsense.</summary>
internal sealed class SsmClassCatalog(IAmazonSimpleSystemsManagement ssm, IOptions<SsmClassOptions> options, TimeProvider clock, ILogger<SsmClassCatalog> logger) : IRunnerClassCatalog
{
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5); // with a copy at hand, an outage must not slow every drain

    private readonly Lock _gate = new();
    private volatile Copy? _lastGood;
    private Task<Copy>? _reading;
    private string? _failure;

    public async ValueTask<IReadOnlyDictionary<string, RunnerClass>> GetClassesAsync(CancellationToken cancellationToken)
    {
        Task<Copy> reading;
        lock (_gate)
        {
            if (_lastGood is { } copy && (clock.GetUtcNow() < copy.ReadAgainAt || _reading is { IsCompleted: false }))
            {
                return copy.Classes;
            }

            if (_reading is null or { IsCompleted: true })
            {
                _reading = ReadAsync();
            }

            reading = _reading;
        }

        // The read goes on without this caller: others may wait for it too.
        return (await reading.WaitAsync(cancellationToken).ConfigureAwait(false)).Classes;
    }

    private async Task<Copy> ReadAsync()
    {
        var o = options.Value;
        var name = o.Parameter;
        string failure;
        Exception? cause = null;
        try
        {
            var request = new GetParameterRequest { Name = name, WithDecryption = true };
            var answer = await Bounded.CallAsync(token => ssm.GetParameterAsync(request, token), ReadTimeout, clock, CancellationToken.None).ConfigureAwait(false);
            if (ClassDocument.TryRead(answer.Parameter.Value, o.CheckFargateSizes, out var classes, out var error))
            {
                return Keep(classes, answer.Parameter, o);
            }

            failure = $"Version {answer.Parameter.Version} of the parameter {name.Quoted()} cannot be used, as a whole: {error}";
        }
#pragma warning disable CA1031 // the outside may fail in any way; the last good copy stays
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = $"The parameter {name.Quoted()} with the runner classes could not be read: {Explain(e)}";
            cause = e;
        }

        return KeepLast(o, failure) ?? throw (cause is null ? new ClassesUnavailableException(failure) : new ClassesUnavailableException(failure, cause));
    }

    private Copy Keep(IReadOnlyDictionary<string, RunnerClass> classes, Parameter parameter, SsmClassOptions o)
    {
        if (_failure is not null || _lastGood?.Version != parameter.Version)
        {
            logger.ClassesRead(classes.Count, parameter.Version ?? 0, o.Parameter);
        }

        _failure = null;
        return _lastGood = new(classes, parameter.Version, clock.GetUtcNow().AddSeconds(o.RefreshSeconds));
    }

    private Copy? KeepLast(SsmClassOptions o, string failure)
    {
        var isNews = _failure != failure;
        _failure = failure;
        if (_lastGood is not { } last)
        {
            if (isNews)
            {
                logger.ClassesNeverRead(failure);
            }

            return null; // the caller is told
        }

        if (isNews)
        {
            logger.ClassesNotRead(failure);
        }

        var wait = TimeSpan.FromSeconds(o.RefreshSeconds);
        return _lastGood = last with { ReadAgainAt = clock.GetUtcNow() + (wait < RetryDelay ? wait : RetryDelay) };
    }

    private static string Explain(Exception exception) => exception switch
    {
        ParameterNotFoundException => "there is no such parameter in this account and region.",
        AmazonServiceException { ErrorCode: "AccessDeniedException" } => "AWS refuses it; the host needs ssm:GetParameter on it.",
        _ => exception.Message,
    };

    private sealed record Copy(IReadOnlyDictionary<string, RunnerClass> Classes, long? Version, DateTimeOffset ReadAgainAt);
}
