using RunnerFleet.Compute;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Sdk.Tests.Compute;

/// <summary>The contract of catalogues that read from elsewhere can be kept: here by the smallest that does.</summary>
public sealed class CachingCatalogTests : RemoteRunnerClassCatalogContract
{
    private Catalog? _catalog;

    protected override ValueTask<IRunnerClassCatalog> CreateCatalogAsync(IReadOnlyCollection<RunnerClass> classes) =>
        new(_catalog = new Catalog([.. classes.Select(one => one with { Name = one.Name.ToLowerInvariant() })]));

    protected override ValueTask BreakSourceAsync(bool broken)
    {
        _catalog!.IsBroken = broken;
        return default;
    }

    protected override ValueTask ExpireAsync()
    {
        _catalog!.IsOld = true;
        return default;
    }

    private sealed class Catalog(RunnerClass[] source) : IRunnerClassCatalog
    {
        private IReadOnlyDictionary<string, RunnerClass>? _lastGood;

        public bool IsBroken { get; set; }

        public bool IsOld { get; set; }

        public ValueTask<IReadOnlyDictionary<string, RunnerClass>> GetClassesAsync(CancellationToken cancellationToken)
        {
            if (_lastGood is not null && (!IsOld || IsBroken))
            {
                return new(_lastGood);
            }

            return IsBroken ? throw new ClassesUnavailableException("The source is broken.") : new(_lastGood = source.ToDictionary(one => one.Name));
        }
    }
}
