using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>Settings of the image builder on AWS CodeBuild and Amazon ECR. They are checked when the host starts.</summary>
public sealed class CodeBuildImageOptions
{
    /// <summary>The CodeBuild project that builds runner images, such as the one of <c>samples/Terraform/modules/image-build-project</c>. Required.</summary>
    public string Project { get; set; } = "";

    /// <summary>
    /// The address of the ECR repository that images are pushed to and run from: <c>123456789012.dkr.ecr.eu-central-1.amazonaws.com/runners</c>. Required. Fleets may share one, and with the
    /// same <see cref="Project"/> and settings they share its images.
    /// </summary>
    public string RepositoryUri { get; set; } = "";

    /// <summary>
    /// Which version of the project's source is built: a commit, or the version of the S3 object with the runner folder. Another value makes new images.
    /// <see langword="null"/>: the source as it is; images are then not built anew when it changes, but when <see cref="RefreshAfterDays"/> have passed.
    /// </summary>
    public string? SourceVersion { get; set; }

    /// <summary>The version of GitHub's runner. <see langword="null"/>: the one that the source's Dockerfile names. With the fleet's own Dockerfile the checksums belong to it, as <see cref="BuildArguments"/>. Another value makes new images.</summary>
    public string? RunnerVersion { get; set; }

    /// <summary>Further arguments for the Dockerfile. A change makes new images. They stay readable in builds and in an image's history: put no secret here.</summary>
    public IDictionary<string, string> BuildArguments { get; init; } = new Dictionary<string, string>();

    /// <summary>A project that builds ARM images, on machines of its own choice. <see langword="null"/>: <see cref="Project"/> builds them, in <see cref="ArmImage"/>.</summary>
    public string? ArmProject { get; set; }

    /// <summary>The image that <see cref="Project"/> runs in while it builds an ARM image. The compute type of the project must exist for ARM. Of no effect with <see cref="ArmProject"/>.</summary>
    public string ArmImage { get; set; } = "aws/codebuild/amazonlinux-aarch64-standard:3.0";

    /// <summary>
    /// After how many days an image is built anew, from its base up, while it goes on being used: 0 to 365, 0 for never. GitHub gives no jobs to runners that are 30 days behind a release,
    /// so a number above 25 needs another way of renewing them.
    /// </summary>
    public int RefreshAfterDays { get; set; } = 21;

    /// <summary>How long this process remembers that an image is there, so that a burst of runners costs one look: 0 to 3600.</summary>
    public int CacheSeconds { get; set; } = 300;

    /// <summary>How long a build may run, in minutes, before CodeBuild ends it: 5 to 2160.</summary>
    public int BuildTimeoutMinutes { get; set; } = 30;

    /// <summary>How long a build may wait for its turn, in minutes, before CodeBuild gives it up: 5 to 480.</summary>
    public int QueueTimeoutMinutes { get; set; } = 30;

    /// <summary>How long after a build failed, or was refused for the account's limit, the next is started, in minutes: 1 to 60. With each failure it doubles, up to an hour.</summary>
    public int RetryMinutes { get; set; } = 2;

    /// <summary>After how many failed builds in a row an image is given up, and the jobs that ask for it with it: 1 to 20.</summary>
    public int MaxTries { get; set; } = 4;

    /// <summary>For how many hours: 1 to 720. Then its builds are tried as if none had failed. Any change of the image's content, such as <see cref="SourceVersion"/>, does the same at once.</summary>
    public int GiveUpHours { get; set; } = 12;
}

internal sealed partial class CodeBuildImageRules : IValidateOptions<CodeBuildImageOptions>
{
    private const string Who = "The CodeBuild image builder";

    public ValidateOptionsResult Validate(string? name, CodeBuildImageOptions options)
    {
        var errors = new ValidateOptionsResultBuilder();
        Check(errors, ProjectGrammar().IsMatch(options.Project), $"{Who} needs Project: the name of a CodeBuild project, 2 to 150 of letters, digits, - and _. It is {options.Project.Quoted()}.");
        Check(errors, EcrRepository.TryRead(options.RepositoryUri, out _), $"{Who} needs RepositoryUri: the address of an ECR repository, such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com/runners. It is {options.RepositoryUri.Quoted()}.");
        Check(errors, options.ArmProject is null || ProjectGrammar().IsMatch(options.ArmProject), $"{Who}'s ArmProject ({options.ArmProject?.Quoted()}) is no name of a CodeBuild project.");
        Check(errors, TextGrammar().IsMatch(options.ArmImage), $"{Who}'s ArmImage ({options.ArmImage.Quoted()}) is no name of an image.");
        Check(errors, options.SourceVersion is null || TextGrammar().IsMatch(options.SourceVersion), $"{Who}'s SourceVersion ({options.SourceVersion?.Quoted()}) must be 1 to 255 visible characters without a space.");
        Check(errors, options.RunnerVersion is null || VersionGrammar().IsMatch(options.RunnerVersion), $"{Who}'s RunnerVersion ({options.RunnerVersion?.Quoted()}) must be a version such as 2.338.0.");
        foreach (var (argument, value) in options.BuildArguments)
        {
            Check(errors, ArgumentGrammar().IsMatch(argument) && argument is not ("BASE_IMAGE" or "RUNNER_VERSION"), $"{Who}'s BuildArguments name {argument.Quoted()}. A name has at most 100 letters, digits and '_', begins with no digit, and is neither BASE_IMAGE nor RUNNER_VERSION, which have their own settings.");
            Check(errors, value.Length <= 1000 && !value.AsSpan().ContainsControl(), $"{Who}'s BuildArguments give {argument.Quoted()} a value with control characters, or with more than 1000.");
        }

        CheckRange(errors, nameof(options.RefreshAfterDays), options.RefreshAfterDays, 0, 365);
        CheckRange(errors, nameof(options.CacheSeconds), options.CacheSeconds, 0, 3600);
        CheckRange(errors, nameof(options.BuildTimeoutMinutes), options.BuildTimeoutMinutes, 5, 2160);
        CheckRange(errors, nameof(options.QueueTimeoutMinutes), options.QueueTimeoutMinutes, 5, 480);
        CheckRange(errors, nameof(options.RetryMinutes), options.RetryMinutes, 1, 60);
        CheckRange(errors, nameof(options.MaxTries), options.MaxTries, 1, 20);
        CheckRange(errors, nameof(options.GiveUpHours), options.GiveUpHours, 1, 720);
        return errors.Build();
    }

    private static void CheckRange(ValidateOptionsResultBuilder errors, string setting, int value, int least, int most) =>
        Check(errors, value >= least && value <= most, $"{Who}'s {setting} ({value}) must be {least} to {most}.");

    private static void Check(ValidateOptionsResultBuilder errors, bool isGood, string error)
    {
        if (!isGood)
        {
            errors.AddError(error);
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_-]{1,149}\z")]
    private static partial Regex ProjectGrammar();

    [GeneratedRegex(@"\A[!-~]{1,255}\z")]
    private static partial Regex TextGrammar();

    [GeneratedRegex(@"\A[0-9]{1,6}(?:\.[0-9]{1,6}){1,3}\z")]
    private static partial Regex VersionGrammar();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]{0,99}\z")]
    private static partial Regex ArgumentGrammar();
}
