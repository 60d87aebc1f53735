namespace RunnerFleet.Testing.Aws;

/// <summary>Counts the requests of one limit.</summary>
internal sealed class EcsTokenBucket
{
    private double _left;
    private DateTimeOffset? _since;

    /// <exception cref="AwsStandInException">There were too many.</exception>
    public void Take(EcsStandInRate? rate, DateTimeOffset now)
    {
        if (rate is null)
        {
            return;
        }

        _left = Math.Min(rate.Burst, _since is { } since ? _left + ((now - since).TotalSeconds * rate.PerSecond) : rate.Burst);
        _since = now;
        if (_left < 1)
        {
            throw new AwsStandInException("ThrottlingException", "Rate exceeded");
        }

        _left--;
    }
}
