using RunnerFleet.Compute;
using RunnerFleet.Images;
using RunnerFleet.Labels;
using RunnerFleet.Policy;
using RunnerFleet.Runners;

namespace RunnerFleet.Provisioning;

/// <summary>Says whose a job is and whether it is served: labels first, then policy.</summary>
internal sealed class JobJudge(ILabelParser parser, RunnerPolicy policy, IRunnerClassCatalog classes, IComputeLauncher launcher, IEnumerable<IImageBuilder> imageBuilders)
{
    private readonly bool _hasImageBuilder = imageBuilders.Any();

    public async ValueTask<Judgement> JudgeAsync(IReadOnlyList<string> labels, RepositoryRef repository, string host, long? installationId, CancellationToken cancellationToken)
    {
        var scope = policy.ScopeOf(repository, host, installationId, out var outOfScope);
        var judgement = new Judgement { Scope = scope ?? OwnScope(repository, host) };
        if (labels.Count == 0)
        {
            return judgement with { NotOurs = "The job has no labels (its runs-on names only a runner group), so it cannot be told whose it is." };
        }

        var context = new LabelContext
        {
            Classes = await classes.GetClassesAsync(cancellationToken).ConfigureAwait(false),
            Launcher = launcher.Capabilities,
            HasImageBuilder = _hasImageBuilder,
        };
        return parser.Parse(labels, context) switch
        {
            LabelOutcome.NotOurs notOurs => judgement with { NotOurs = notOurs.Reason },
            _ when (outOfScope ?? policy.Check(repository)) is { } refusal => judgement with { Refusal = refusal, Word = "refused" },
            LabelOutcome.Invalid invalid => judgement with { Refusal = invalid.Diagnostic, Word = "invalid" },
            LabelOutcome.Ours ours => judgement with { Spec = ours.Spec },
            var other => throw new InvalidOperationException($"Unknown label outcome {other.GetType().Name}."),
        };
    }

    private static RunnerScope OwnScope(RepositoryRef repository, string host) =>
        new() { Host = host, Kind = RunnerScopeKind.Repository, Owner = repository.Owner, Repository = repository.Name };
}

/// <summary>What policy and labels say of a job.</summary>
internal sealed record Judgement
{
    public required RunnerScope Scope { get; init; }

    /// <summary>Set when the job is served.</summary>
    public RunnerSpec? Spec { get; init; }

    /// <summary>Set when somebody else serves it.</summary>
    public string? NotOurs { get; init; }

    /// <summary>Set when it is meant for this fleet and refused.</summary>
    public Reason? Refusal { get; init; }

    /// <summary><c>refused</c> by policy or <c>invalid</c> by its labels.</summary>
    public string Word { get; init; } = "refused";
}
