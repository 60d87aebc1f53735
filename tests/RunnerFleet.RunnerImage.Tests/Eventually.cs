namespace RunnerFleet.RunnerImage.Tests;

internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Waits, in real time, until something is so.</summary>
    public static async Task SoAsync(Func<ValueTask<bool>> isSo, Func<string> what)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!await isSo())
        {
            Assert.False(patience.IsCancellationRequested, $"Not within {Patience.TotalSeconds} s: {what()}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public static Task SoAsync(Func<bool> isSo, Func<string> what) => SoAsync(() => ValueTask.FromResult(isSo()), what);
}
