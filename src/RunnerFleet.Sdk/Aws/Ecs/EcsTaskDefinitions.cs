using System.Collections.Concurrent;
using Amazon.Runtime;
using Microsoft.Extensions.Logging;

namespace RunnerFleet.Aws.Ecs;

/// <summary>
/// Finds task definitions by family, and registers each once: ECS makes a new revision of every registration and takes one a second. Two hosts that come at the same moment register two
/// revisions of the same content, which harms nobody.
/// </summary>
internal sealed class EcsTaskDefinitions(IEcsApi ecs, ILogger logger)
{
    /// <summary>One is needed for each image, architecture and setting in use.</summary>
    private const int MaxKnown = 256;

    private readonly ConcurrentDictionary<string, Family> _families = new(StringComparer.Ordinal);

    /// <summary>The ARN of an active revision: one lookup of a family at a time, and none where it is known.</summary>
    public async Task<string> GetAsync(EcsRegisterTaskDefinitionRequest definition, CancellationToken cancellationToken)
    {
        var family = _families.GetOrAdd(definition.Family, static _ => new());
        await family.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            family.Arn ??= await FindAsync(definition.Family, cancellationToken).ConfigureAwait(false) ?? await RegisterAsync(definition, cancellationToken).ConfigureAwait(false);
            return family.Arn;
        }
        finally
        {
            family.Turn.Release();
            MakeRoom(definition.Family);
        }
    }

    /// <summary>An ARN that ECS no longer starts tasks of.</summary>
    public void Forget(string name, string arn)
    {
        if (_families.TryGetValue(name, out var family))
        {
            Interlocked.CompareExchange(ref family.Arn, null, arn);
            logger.DefinitionGone(arn);
        }
    }

    private async Task<string?> FindAsync(string family, CancellationToken cancellationToken) =>
        await ecs.DescribeTaskDefinitionAsync(family, cancellationToken).ConfigureAwait(false) is { Status: "ACTIVE", TaskDefinitionArn: var arn } ? arn : null;

    private async Task<string> RegisterAsync(EcsRegisterTaskDefinitionRequest definition, CancellationToken cancellationToken)
    {
        try
        {
            var arn = (await ecs.RegisterTaskDefinitionAsync(definition, cancellationToken).ConfigureAwait(false)).TaskDefinitionArn;
            logger.DefinitionRegistered(arn, definition.Image);
            return arn;
        }
        catch (AmazonServiceException refusal) when (refusal.Message.Contains("Too many concurrent attempts", StringComparison.OrdinalIgnoreCase))
        {
            // Another host registers the same.
            if (await FindAsync(definition.Family, cancellationToken).ConfigureAwait(false) is { } arn)
            {
                return arn;
            }

            throw;
        }
    }

    private void MakeRoom(string keep)
    {
        foreach (var name in _families.Count > MaxKnown ? _families.Keys.Where(name => name != keep) : [])
        {
            if (_families.Count <= MaxKnown)
            {
                return;
            }

            _families.TryRemove(name, out _);
        }
    }

    private sealed class Family
    {
        public string? Arn;

        public SemaphoreSlim Turn { get; } = new(1);
    }
}
