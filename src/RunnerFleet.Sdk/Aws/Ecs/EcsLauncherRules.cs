using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace RunnerFleet.Aws.Ecs;

/// <summary>Checks the launcher's settings. Limits are those of the ECS API reference (RunTask, AwsVpcConfiguration, Tag, ContainerDefinition).</summary>
internal sealed partial class EcsLauncherRules : IValidateOptions<EcsLauncherOptions>
{
    private const int MaxTags = 40; // ECS takes 50; the rest is for the fleet's own

    public ValidateOptionsResult Validate(string? name, EcsLauncherOptions options)
    {
        List<string> failures = [.. Cluster(options), .. Network(options), .. Roles(options), .. Log(options), .. Names(options), .. Tags(options)];
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Cluster(EcsLauncherOptions options)
    {
        if (options.Cluster is null || !ClusterGrammar().IsMatch(options.Cluster))
        {
            yield return $"The ECS launcher's Cluster is {Shown(options.Cluster)}; write the name or the ARN of the cluster that runners shall run in.";
        }

        if (options.StopTimeoutSeconds is < 2 or > 120)
        {
            yield return $"The ECS launcher's StopTimeoutSeconds ({options.StopTimeoutSeconds}) must be 2 to 120, which is Fargate's longest.";
        }

        if (options.PlatformVersion is { } version && !PlatformGrammar().IsMatch(version))
        {
            yield return $"The ECS launcher's PlatformVersion is {Shown(version)}; write LATEST or a version such as 1.4.0, or leave it out.";
        }
    }

    private static IEnumerable<string> Network(EcsLauncherOptions options)
    {
        if (options.Subnets.Count is < 1 or > 16 || options.Subnets.Any(subnet => subnet is null || !SubnetGrammar().IsMatch(subnet)))
        {
            yield return $"The ECS launcher's Subnets are {Shown(options.Subnets)}; write 1 to 16 ids such as subnet-0a1b2c3d, all of one VPC.";
        }

        if (options.SecurityGroups.Count > 5 || options.SecurityGroups.Any(group => group is null || !SecurityGroupGrammar().IsMatch(group)))
        {
            yield return $"The ECS launcher's SecurityGroups are {Shown(options.SecurityGroups)}; write at most 5 ids such as sg-0a1b2c3d, all of one VPC.";
        }
    }

    private static IEnumerable<string> Roles(EcsLauncherOptions options)
    {
        foreach (var (role, arn) in new[] { (nameof(options.ExecutionRoleArn), options.ExecutionRoleArn), (nameof(options.TaskRoleArn), options.TaskRoleArn) })
        {
            if (arn is not null && !RoleGrammar().IsMatch(arn))
            {
                yield return $"The ECS launcher's {role} is {Shown(arn)}; write a role's ARN, such as arn:aws:iam::123456789012:role/runner.";
            }
        }

        if (options is { EnableExecuteCommand: true, TaskRoleArn: null })
        {
            yield return "The ECS launcher's EnableExecuteCommand needs a TaskRoleArn, a role that may use SSM Session Manager; ECS refuses tasks without one. Set it, or leave ECS Exec off.";
        }
    }

    private static IEnumerable<string> Log(EcsLauncherOptions options)
    {
        if (options.LogGroup is null)
        {
            yield break;
        }

        if (EcsTaskContent.LogRegionOf(options) is null)
        {
            yield return $"The ECS launcher's LogGroup is {Shown(options.LogGroup)}, but its region is not known. Set LogRegion, or write Cluster as an ARN of the same region.";
        }

        if (options.ExecutionRoleArn is null)
        {
            yield return $"The ECS launcher's LogGroup is {Shown(options.LogGroup)}, but there is no role that may write to it. Set ExecutionRoleArn.";
        }

        if (string.IsNullOrWhiteSpace(options.LogStreamPrefix))
        {
            yield return "The ECS launcher's LogStreamPrefix must not be empty: without it nobody can tell which log is whose.";
        }
    }

    private static IEnumerable<string> Names(EcsLauncherOptions options)
    {
        if (options.DefaultImage is { } image && (image.Length is 0 or > EcsTaskContent.MaxImage || image.Any(character => char.IsWhiteSpace(character) || char.IsControl(character))))
        {
            yield return $"The ECS launcher's DefaultImage is {Shown(image)}; write an image reference of at most {EcsTaskContent.MaxImage} characters, best with its digest.";
        }

        foreach (var (name, provider) in options.ClassCapacityProviders)
        {
            if (provider is null || !ProviderGrammar().IsMatch(provider) || provider is "FARGATE" or "FARGATE_SPOT")
            {
                yield return $"The ECS launcher's ClassCapacityProviders:{name} is {Shown(provider)}; write the name of a capacity provider of the cluster, of EC2 instances or Managed Instances. A class that is not named here runs on Fargate.";
            }
        }

        foreach (var name in options.EnvironmentVariables.Keys.Where(name => !VariableGrammar().IsMatch(name) || name.StartsWith("RUNNERFLEET_", StringComparison.OrdinalIgnoreCase)))
        {
            yield return $"The ECS launcher's EnvironmentVariables names {name.Quoted()}. It takes names of letters, digits and _, none that begins with RUNNERFLEET_: those are the fleet's own.";
        }
    }

    private static IEnumerable<string> Tags(EcsLauncherOptions options)
    {
        if (options.Tags.Count > MaxTags)
        {
            yield return $"The ECS launcher's Tags are {options.Tags.Count}; at most {MaxTags} fit beside the fleet's own.";
        }

        foreach (var (key, value) in options.Tags)
        {
            if (!EcsTags.IsKey(key) || !EcsTags.IsValue(value ?? "") || key.StartsWith(EcsTags.Prefix, StringComparison.OrdinalIgnoreCase))
            {
                yield return $"The ECS launcher's Tags:{key.Quoted()} cannot be a tag. Keys have 1 to 128, values at most 256 of letters, digits, spaces and + - = . _ : / @; keys begin neither with aws: nor with {EcsTags.Prefix}.";
            }
        }
    }

    private static string Shown(string? text) => string.IsNullOrEmpty(text) ? "not set" : text.Quoted();

    private static string Shown(IList<string> texts) => texts.Count == 0 ? "not set" : string.Join(", ", texts.Take(20).Select(text => (text ?? "").Quoted()));

    [GeneratedRegex(@"\A(arn:[a-z0-9-]+:ecs:[a-z0-9-]+:[0-9]{12}:cluster/)?[A-Za-z0-9_-]{1,255}\z")]
    private static partial Regex ClusterGrammar();

    [GeneratedRegex(@"\A(LATEST|[0-9]+\.[0-9]+\.[0-9]+)\z")]
    private static partial Regex PlatformGrammar();

    [GeneratedRegex(@"\Asubnet-[0-9a-f]{1,40}\z")]
    private static partial Regex SubnetGrammar();

    [GeneratedRegex(@"\Asg-[0-9a-f]{1,40}\z")]
    private static partial Regex SecurityGroupGrammar();

    [GeneratedRegex(@"\Aarn:[a-z0-9-]+:iam::[0-9]{12}:role/[\x21-\x7e]{1,512}\z")]
    private static partial Regex RoleGrammar();

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,255}\z")]
    private static partial Regex ProviderGrammar();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex VariableGrammar();
}
