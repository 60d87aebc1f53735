namespace RunnerFleet.Cli.Tests;

/// <summary>Somebody who was asked and says nothing until told to, or until the test is over.</summary>
internal sealed class SilentReader : TextReader
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _over = new();
    private string? _answer;

    public Task Asked => _asked.Task;

    public override string? ReadLine()
    {
        _asked.TrySetResult();
        _over.Wait();
        return _answer;
    }

    public void Say(string answer)
    {
        _answer = answer;
        _over.Set();
    }

    protected override void Dispose(bool disposing)
    {
        _over.Set();
        base.Dispose(disposing);
    }
}
