using Amazon;

namespace RunnerFleet.Aws.Wire;

/// <summary>Where a service is in a region (AWS General Reference, service endpoints).</summary>
internal static class AwsHost
{
    public static string UrlOf(AwsJsonService service, RegionEndpoint region, bool fips, bool dualStack)
    {
        var prefix = dualStack ? service.DualStackHostPrefix : service.HostPrefix;

        // EventBridge's own hosts in GovCloud are FIPS hosts, and there are no others.
        var hasOwnFipsHost = !(service.SigningName == "events" && region.SystemName.StartsWith("us-gov-", StringComparison.Ordinal));
        var host = fips && hasOwnFipsHost ? $"{prefix}-fips" : prefix;
        return $"https://{host}.{region.SystemName}.{(dualStack ? DualStackSuffix(region) : region.PartitionDnsSuffix)}/";
    }

    private static string DualStackSuffix(RegionEndpoint region) => region.PartitionName switch
    {
        "aws" or "aws-us-gov" => "api.aws",
        "aws-cn" => "api.amazonwebservices.com.cn",
        "aws-eusc" => "api.amazonwebservices.eu",
        "aws-iso" => "api.aws.ic.gov",
        "aws-iso-b" => "api.aws.scloud",
        "aws-iso-e" => "api.cloud-aws.adc-e.uk",
        "aws-iso-f" => "api.aws.hci.ic.gov",
        _ => region.PartitionDnsSuffix,
    };
}
