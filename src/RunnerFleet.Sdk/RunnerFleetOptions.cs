using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace RunnerFleet;

/// <summary>The settings of one fleet: configuration section <c>RunnerFleet</c>. They are checked when the host starts; a fleet with bad settings does not start.</summary>
public sealed class RunnerFleetOptions
{
    /// <summary>The name of the configuration section.</summary>
    public const string SectionName = "RunnerFleet";

    /// <summary>The fleet's name, in every key, tag, lease and runner name. At most 16 of a-z, 0-9 and '-'. Two fleets that share a table, an account or a repository need two names.</summary>
    [Required(ErrorMessage = "RunnerFleet:Name must not be empty."), RegularExpression("^[a-z0-9]([a-z0-9-]{0,14}[a-z0-9])?$", ErrorMessage = "RunnerFleet:Name must have 1 to 16 of a-z, 0-9 and '-', and neither begin nor end with '-'.")]
    public string Name { get; set; } = "default";

    /// <summary>
    /// Where runners reach this control plane. Required unless the host knows a loopback address of its own that they reach. HTTPS, except at a loopback or private IP address,
    /// such as a container bridge's: whoever can listen to plain http there can read registrations.
    /// </summary>
    public Uri? PublicUrl { get; set; }

    /// <summary>Keys for claim secrets and report tokens, the current one first; at least 16 characters each. Keep the previous one for as long as runners may wait. Default: derived from the webhook secrets, so that whoever knows those could claim; set your own to part the two.</summary>
    public IList<string> ClaimKeys { get; init; } = [];

    /// <summary>GitHub: secrets, credential, scope.</summary>
    [ValidateObjectMembers]
    public GitHubOptions GitHub { get; init; } = new();

    /// <summary>Which labels are this fleet's, and their defaults.</summary>
    [ValidateObjectMembers]
    public LabelOptions Labels { get; init; } = new();

    /// <summary>Which repositories and images are served.</summary>
    public PolicyOptions Policy { get; init; } = new();

    /// <summary>The runner classes by name. None: one class <c>default</c> with 1 vCPU and 2 GiB.</summary>
    public IDictionary<string, RunnerClassOptions> Classes { get; init; } = new Dictionary<string, RunnerClassOptions>(StringComparer.OrdinalIgnoreCase);

    /// <summary>How many runners may live at once.</summary>
    [ValidateObjectMembers]
    public LimitOptions Limits { get; init; } = new();

    /// <summary>How long things may take.</summary>
    [ValidateObjectMembers]
    public TimingOptions Timing { get; init; } = new();
}

/// <summary>GitHub: secrets, credential, scope. Section <c>RunnerFleet:GitHub</c>.</summary>
public sealed class GitHubOptions
{
    /// <summary>The webhook's secret. Without any secret every webhook is refused.</summary>
    public string? WebhookSecret { get; set; }

    /// <summary>Further secrets that are accepted, for rotation: GitHub signs with one only.</summary>
    public IList<string> PreviousWebhookSecrets { get; init; } = [];

    /// <summary>A token that may register runners: fine-grained with Administration write (repository) or Self-hosted runners write (organization), and Actions read; with <see cref="WebhookId"/> also Webhooks write.</summary>
    public string? Token { get; set; }

    /// <summary><c>owner/name</c>: runners register with this repository, and only its jobs are served. Without repository, organization and enterprise a runner registers with its job's own repository.</summary>
    [RegularExpression("^(?!\\.{1,2}/)[A-Za-z0-9_.-]+/(?!\\.{1,2}$)[A-Za-z0-9_.-]+$", ErrorMessage = "RunnerFleet:GitHub:Repository must be owner/name.")]
    public string? Repository { get; set; }

    /// <summary>Runners register with this organization, and only its repositories' jobs are served.</summary>
    [RegularExpression("^(?!\\.{1,2}$)[A-Za-z0-9_.-]+$", ErrorMessage = "RunnerFleet:GitHub:Organization must be the organization's login.")]
    public string? Organization { get; set; }

    /// <summary>Runners register with this enterprise.</summary>
    [RegularExpression("^(?!\\.{1,2}$)[A-Za-z0-9_.-]+$", ErrorMessage = "RunnerFleet:GitHub:Enterprise must be the enterprise's slug.")]
    public string? Enterprise { get; set; }

    /// <summary>The runner group's id, for organization and enterprise. 1 is the default group, which every repository may use: it is refused unless <see cref="PolicyOptions.AllowDefaultRunnerGroup"/>.</summary>
    [SettingRange(1, long.MaxValue, ErrorMessage = "RunnerFleet:GitHub:RunnerGroupId must be {1} or more.")]
    public long RunnerGroupId { get; set; } = 1;

    /// <summary>The REST API's address. GitHub Enterprise Server: <c>https://HOST/api/v3</c>. HTTPS, except on loopback.</summary>
    public Uri ApiUrl { get; set; } = new("https://api.github.com");

    /// <summary>The REST API version to ask for (<c>X-GitHub-Api-Version</c>).</summary>
    [Required(ErrorMessage = "RunnerFleet:GitHub:ApiVersion must not be empty.")]
    public string ApiVersion { get; set; } = "2022-11-28";

    /// <summary>How many registrations a second this host asks of GitHub at most. GitHub's secondary limit is 180 writes a minute (REST API, rate limits).</summary>
    [SettingRange(0.01, 1000, ErrorMessage = "RunnerFleet:GitHub:RegistrationsPerSecond must be {1} to {2}.")]
    public double RegistrationsPerSecond { get; set; } = 3;

    /// <summary>
    /// The id of the fleet's webhook, the number at the end of its address in GitHub's settings: failed deliveries of the last 3 days are asked for again. Needs <see cref="Repository"/> or
    /// <see cref="Organization"/>, whose webhook it is, and a token with Webhooks write. Default none: failed deliveries are not looked at; the jobs they told of are found all the same.
    /// </summary>
    [SettingRange(1, long.MaxValue, ErrorMessage = "RunnerFleet:GitHub:WebhookId must be {1} or more.")]
    public long? WebhookId { get; set; }

    /// <summary>How many requests an hour all hosts together may send to find what webhooks missed, answered or not: GitHub is asked for the active jobs of the repositories served lately, by turns, and of a repository with many active runs for a part at a time. 0: GitHub is not asked, and a job whose webhook is lost waits until somebody redelivers it.</summary>
    [SettingRange(0, 15000, ErrorMessage = "RunnerFleet:GitHub:ReconcileCallsPerHour must be {1} to {2}.")]
    public int ReconcileCallsPerHour { get; set; } = 500; // a tenth of what a token has (REST API, rate limits)

    /// <summary>How long one request to GitHub may take. Lost answers were seen at 10 s, good ones at 1 s.</summary>
    [SettingRange(1, 300, ErrorMessage = "RunnerFleet:GitHub:RequestTimeoutSeconds must be {1} to {2}.")]
    public int RequestTimeoutSeconds { get; set; } = 15;
}

/// <summary>Which labels are this fleet's, and their defaults. Section <c>RunnerFleet:Labels</c>.</summary>
public sealed class LabelOptions
{
    /// <summary>A label that a job must carry besides <c>self-hosted</c>, to keep fleets apart. Default none.</summary>
    [RegularExpression("^[A-Za-z0-9._/;:=-]{1,128}$", ErrorMessage = "RunnerFleet:Labels:RequiredLabel must have 1 to 128 of A-Z a-z 0-9 . _ / ; : = -")]
    public string? RequiredLabel { get; set; }

    /// <summary>Further labels that a job may carry. Any label that is neither known nor listed here makes a job somebody else's.</summary>
    public IList<string> OwnLabels { get; init; } = [];

    /// <summary>Refuse jobs with neither <c>class:</c> nor <c>image:</c>: a plain <c>self-hosted</c> job could otherwise take a dearer runner. Default false.</summary>
    public bool RequireClassOrImage { get; set; }

    /// <summary>The class of jobs without <c>class:</c>. Default: the class named <c>default</c>, else the smallest.</summary>
    public string? DefaultClass { get; set; }

    /// <summary>The base image of jobs without <c>image:</c>. Default: the launcher's own.</summary>
    public string? DefaultImage { get; set; }
}

/// <summary>Which repositories and images are served. Section <c>RunnerFleet:Policy</c>.</summary>
public sealed class PolicyOptions
{
    /// <summary>Repositories that are served, as <c>owner/name</c> or <c>owner/*</c>. None: all that the GitHub scope covers.</summary>
    public IList<string> Repositories { get; init; } = [];

    /// <summary>Public repositories that are served, as <c>owner/name</c>; <c>*</c> allows all. Anyone can run code on the runner of a public repository by a pull request (GitHub, self-hosted runner security), so the default is none.</summary>
    public IList<string> PublicRepositories { get; init; } = [];

    /// <summary>Allow the default runner group of an organization or enterprise, which every repository may use. Default false.</summary>
    public bool AllowDefaultRunnerGroup { get; set; }

    /// <summary>Launch on demand, at the full price, where spot capacity was asked for and there is none, and after a spot runner was taken away before its job began. Default true; false: such jobs wait for spot capacity.</summary>
    public bool SpotFallback { get; set; } = true;

    /// <summary>Base images that <c>image:</c> may name: <c>registry/path</c>, or <c>registry/path/*</c> for all below. Default: Docker official images. The fleet's default image is always allowed.</summary>
    public IList<string> Images { get; init; } = [];
}

/// <summary>One runner class. Section <c>RunnerFleet:Classes:&lt;name&gt;</c>.</summary>
public sealed class RunnerClassOptions
{
    /// <summary>Processor units; 1024 are one virtual CPU.</summary>
    [SettingRange(1, 1_048_576, ErrorMessage = "must be {1} to {2}.")]
    public int Cpu { get; set; } = 1024;

    /// <summary>Memory in MiB.</summary>
    [SettingRange(1, 67_108_864, ErrorMessage = "must be {1} to {2}.")]
    public int Memory { get; set; } = 2048;

    /// <summary>Ephemeral disk in GiB. Default: the launcher's.</summary>
    [SettingRange(1, 65_536, ErrorMessage = "must be {1} to {2}.")]
    public int? Disk { get; set; }

    /// <summary><c>x64</c> or <c>arm64</c>.</summary>
    [Required(ErrorMessage = "must be x64 or arm64."), RegularExpression("^(x64|arm64)$", ErrorMessage = "must be x64 or arm64.")]
    public string Architecture { get; set; } = "x64";

    /// <summary><c>on-demand</c>, or <c>spot</c>: cheaper, and may be taken away while a job runs. For jobs that do not say by <c>capacity:</c>; only with a launcher that offers spot.</summary>
    [Required(ErrorMessage = "must be on-demand or spot."), RegularExpression("^(on-demand|spot)$", ErrorMessage = "must be on-demand or spot.")]
    public string Capacity { get; set; } = "on-demand";

    /// <summary>How many runners of this class may live at once. Default: no limit of its own.</summary>
    [SettingRange(0, int.MaxValue, ErrorMessage = "must be {1} or more.")]
    public int? Limit { get; set; }

    /// <summary>How long a job may run on this class, in seconds; 0 is no limit. Default: <see cref="TimingOptions.JobTimeLimitSeconds"/>.</summary>
    [SettingRange(0, int.MaxValue, ErrorMessage = "must be {1} or more.")]
    public int? JobTimeLimitSeconds { get; set; }
}

/// <summary>How many runners may live at once. Section <c>RunnerFleet:Limits</c>.</summary>
public sealed class LimitOptions
{
    /// <summary>In the whole fleet. Jobs beyond it wait, oldest first and by turns between repositories.</summary>
    [SettingRange(0, int.MaxValue, ErrorMessage = "RunnerFleet:Limits:Fleet must be {1} or more.")]
    public int Fleet { get; set; } = 50;

    /// <summary>For one repository. Default: no limit of its own.</summary>
    [SettingRange(0, int.MaxValue, ErrorMessage = "RunnerFleet:Limits:PerRepository must be {1} or more.")]
    public int? PerRepository { get; set; }

    /// <summary>How many runners are recorded for one job before it is given up, with the reason of the last.</summary>
    [SettingRange(1, 1000, ErrorMessage = "RunnerFleet:Limits:LaunchesPerJob must be {1} to {2}.")]
    public int LaunchesPerJob { get; set; } = 8;

    /// <summary>How often a job gets another runner because one that is not ours took its own.</summary>
    [SettingRange(0, 1000, ErrorMessage = "RunnerFleet:Limits:ReplacementsPerJob must be {1} to {2}.")]
    public int ReplacementsPerJob { get; set; } = 3;

    /// <summary>How many registrations one runner may claim.</summary>
    [SettingRange(1, 10, ErrorMessage = "RunnerFleet:Limits:ClaimsPerRunner must be {1} to {2}.")]
    public int ClaimsPerRunner { get; set; } = 3;
}

/// <summary>How long things may take. Section <c>RunnerFleet:Timing</c>.</summary>
public sealed class TimingOptions
{
    /// <summary>Bounds everything up to RUNNING: a runner that has not got so far ends, and its job gets another.</summary>
    [SettingRange(60, int.MaxValue, ErrorMessage = "RunnerFleet:Timing:RunnerTtlSeconds must be {1} or more.")]
    public int RunnerTtlSeconds { get; set; } = 7200;

    /// <summary>How long a job may run; 0 is no limit. Its runner is stopped with reason JOB_TIME_LIMIT.</summary>
    [SettingRange(0, int.MaxValue, ErrorMessage = "RunnerFleet:Timing:JobTimeLimitSeconds must be {1} or more.")]
    public int JobTimeLimitSeconds { get; set; } = 21600;

    /// <summary>How long one call to the launcher or to the image builder may take before its reply counts as lost.</summary>
    [SettingRange(1, 600, ErrorMessage = "RunnerFleet:Timing:LaunchTimeoutSeconds must be {1} to {2}.")]
    public int LaunchTimeoutSeconds { get; set; } = 30;

    /// <summary>How long a launch may stay unknown before it is given up.</summary>
    [SettingRange(10, 3600, ErrorMessage = "RunnerFleet:Timing:StartingTimeoutSeconds must be {1} to {2}.")]
    public int StartingTimeoutSeconds { get; set; } = 600;

    /// <summary>How long started compute may take to claim its registration.</summary>
    [SettingRange(10, 7200, ErrorMessage = "RunnerFleet:Timing:ClaimTimeoutSeconds must be {1} to {2}.")]
    public int ClaimTimeoutSeconds { get; set; } = 600;

    /// <summary>How long a claimed runner may wait before GitHub is asked how it stands; asked again as often.</summary>
    [SettingRange(5, 7200, ErrorMessage = "RunnerFleet:Timing:IdleCheckSeconds must be {1} to {2}.")]
    public int IdleCheckSeconds { get; set; } = 300;

    /// <summary>How far apart two not-busy readings must lie before an idle runner is removed. GitHub's busy flag lags by up to a minute.</summary>
    [SettingRange(0, 600, ErrorMessage = "RunnerFleet:Timing:IdleProofSeconds must be {1} to {2}.")]
    public int IdleProofSeconds { get; set; } = 60;

    /// <summary>How long a runner may take to exit after its job completed before it is stopped.</summary>
    [SettingRange(0, 600, ErrorMessage = "RunnerFleet:Timing:ExitGraceSeconds must be {1} to {2}.")]
    public int ExitGraceSeconds { get; set; } = 60;

    /// <summary>How long an image build may take.</summary>
    [SettingRange(60, 86400, ErrorMessage = "RunnerFleet:Timing:ImageBuildTimeoutSeconds must be {1} to {2}.")]
    public int ImageBuildTimeoutSeconds { get; set; } = 3600;

    /// <summary>The first distance between two tries of something that failed; it doubles up to <see cref="RetryMaxSeconds"/>.</summary>
    [SettingRange(1, 3600, ErrorMessage = "RunnerFleet:Timing:RetrySeconds must be {1} to {2}.")]
    public int RetrySeconds { get; set; } = 15;

    /// <summary>The longest distance between two tries.</summary>
    [SettingRange(1, 86400, ErrorMessage = "RunnerFleet:Timing:RetryMaxSeconds must be {1} to {2}.")]
    public int RetryMaxSeconds { get; set; } = 600;

    /// <summary>How often GitHub is asked about a job that we believe to be queued or running, should its webhooks be lost.</summary>
    [SettingRange(60, 86400, ErrorMessage = "RunnerFleet:Timing:JobCheckSeconds must be {1} to {2}.")]
    public int JobCheckSeconds { get; set; } = 1800;

    /// <summary>The longest time between two drains, with or without a hint.</summary>
    [SettingRange(1, 3600, ErrorMessage = "RunnerFleet:Timing:DrainIntervalSeconds must be {1} to {2}.")]
    public int DrainIntervalSeconds { get; set; } = 10;

    /// <summary>The time between two sweeps.</summary>
    [SettingRange(5, 86400, ErrorMessage = "RunnerFleet:Timing:SweepIntervalSeconds must be {1} to {2}.")]
    public int SweepIntervalSeconds { get; set; } = 300;

    /// <summary>How long an open breaker waits before it lets one runner probe.</summary>
    [SettingRange(1, 86400, ErrorMessage = "RunnerFleet:Timing:BreakerProbeSeconds must be {1} to {2}.")]
    public int BreakerProbeSeconds { get; set; } = 300;

    /// <summary>How long the records of ended runners and jobs are kept, in days.</summary>
    [SettingRange(1, 3650, ErrorMessage = "RunnerFleet:Timing:HistoryDays must be {1} to {2}.")]
    public int HistoryDays { get; set; } = 10;
}
