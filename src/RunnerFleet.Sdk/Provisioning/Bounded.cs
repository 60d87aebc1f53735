namespace RunnerFleet.Provisioning;

/// <summary>Calls to the outside end in time, whether or not they heed their token: one that hangs must not hold up the loop it is made from.</summary>
internal static class Bounded
{
    /// <exception cref="TimeoutException">The call did not answer in time; whether it took effect is unknown.</exception>
    public static async Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan limit, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await call(linked.Token).WaitAsync(limit, clock, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"No answer within {limit.TotalSeconds:0} s.");
        }
    }
}
