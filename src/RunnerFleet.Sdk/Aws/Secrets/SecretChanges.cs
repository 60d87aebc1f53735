using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace RunnerFleet.Aws.Secrets;

/// <summary>Tells the options of the fleet to make themselves anew.</summary>
internal sealed class SecretChanges : IOptionsChangeTokenSource<RunnerFleetOptions>, IDisposable
{
    private CancellationTokenSource _next = new();

    public string? Name => Options.DefaultName;

    public IChangeToken GetChangeToken() => new CancellationChangeToken(Volatile.Read(ref _next).Token);

    public void Raise()
    {
        using var now = Interlocked.Exchange(ref _next, new());
        now.Cancel();
    }

    public void Dispose() => _next.Dispose();
}
