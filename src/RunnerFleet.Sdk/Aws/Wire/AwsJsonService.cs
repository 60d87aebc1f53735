namespace RunnerFleet.Aws.Wire;

/// <summary>What tells one of AWS's JSON services from another on the wire. The values are those of AWS's published service models.</summary>
/// <param name="Id">The service id: it names the setting <c>AWS_ENDPOINT_URL_&lt;ID&gt;</c>.</param>
/// <param name="SigningName">The service in the scope of a signature (Signature Version 4).</param>
/// <param name="TargetPrefix">What stands before the operation in <c>X-Amz-Target</c>.</param>
/// <param name="Version">The version of the service's API.</param>
internal sealed record AwsJsonService(string Id, string SigningName, string TargetPrefix, string Version)
{
    /// <summary>The first part of the service's host name.</summary>
    public string HostPrefix { get; init; } = SigningName;

    /// <summary>The same where the host speaks IPv6 too; most services change only what follows.</summary>
    public string DualStackHostPrefix { get; init; } = SigningName;
}
