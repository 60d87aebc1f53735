namespace RunnerFleet.Cli.Tests;

/// <summary>Somebody who was asked and says nothing until the test is over.</summary>
internal sealed class SilentReader : TextReader
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _over = new();

    public Task Asked => _asked.Task;

    public override string? ReadLine()
    {
        _asked.TrySetResult();
        _over.Wait();
        return null;
    }

    protected override void Dispose(bool disposing)
    {
        _over.Set();
        base.Dispose(disposing);
    }
}
