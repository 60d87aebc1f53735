using System.Globalization;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.Aws;

/// <summary>
/// AWS CodeBuild of an <see cref="AwsStandIn"/>. A build goes on until <see cref="Succeed"/> or <see cref="End"/>, or for <see cref="BuildDuration"/>; nothing is really built, but a build
/// that succeeds pushes an image into the account's ECR.
/// </summary>
public sealed class CodeBuildStandIn
{
    internal const string InProgress = "IN_PROGRESS";

    private static readonly string[] s_ends = ["SUCCEEDED", "FAILED", "FAULT", "TIMED_OUT", "STOPPED"];

    private readonly Lock _gate;
    private readonly AwsStandIn _account;
    private readonly TimeProvider _clock;
    private readonly HashSet<string> _projects = new(StringComparer.Ordinal);
    private readonly List<CodeBuildStandInBuild> _builds = [];

    internal CodeBuildStandIn(AwsStandIn account, TimeProvider clock, Lock gate)
    {
        (_account, _clock, _gate) = (account, clock, gate);
        Service = new CodeBuildStandInService(this, clock);
        Push = PushImage;
    }

    internal AwsStandInService Service { get; }

    /// <summary>How many builds of the account may run at once. 0 refuses all, as in some new accounts.</summary>
    public int ConcurrentBuildLimit { get; set; } = 60;

    /// <summary>How many builds may wait beside them; <see langword="null"/> for five times as many.</summary>
    public int? QueueLimit { get; set; }

    /// <summary>After what time in the queue's front a build succeeds by itself; <see langword="null"/> leaves it to the test.</summary>
    public TimeSpan? BuildDuration { get; set; }

    /// <summary>
    /// What a build does before it succeeds. At first it pushes a new image to <c>RUNNERFLEET_REPOSITORY_URI</c>, tagged <c>RUNNERFLEET_IMAGE_TAG</c>, as the fleet's buildspec does. What it throws
    /// as an <see cref="ArgumentException"/> fails the build.
    /// </summary>
    public Action<CodeBuildStandInBuild> Push { get; set; }

    /// <summary>All builds, in the order in which they were accepted.</summary>
    public IReadOnlyList<CodeBuildStandInBuild> Builds
    {
        get
        {
            lock (_gate)
            {
                Pass();
                return [.. _builds];
            }
        }
    }

    /// <summary>Creates a project.</summary>
    /// <exception cref="ArgumentException">CodeBuild takes no such name, or has it already.</exception>
    public void CreateProject(string name)
    {
        if (!CodeBuildStandInService.IsProjectName(name))
        {
            throw new ArgumentException($"CodeBuild takes no project named '{name}'.", nameof(name));
        }

        lock (_gate)
        {
            if (!_projects.Add(name))
            {
                throw new ArgumentException($"There is a project '{name}' already.", nameof(name));
            }
        }
    }

    /// <summary>Deletes a project; its builds stay known.</summary>
    public bool DeleteProject(string name)
    {
        lock (_gate)
        {
            return _projects.Remove(name);
        }
    }

    /// <summary>Lets a build come to its good end, also one that still waits for its turn: <see cref="Push"/>, then <c>SUCCEEDED</c>.</summary>
    /// <exception cref="ArgumentException">There is no such build, or it has ended.</exception>
    public void Succeed(string buildId)
    {
        lock (_gate)
        {
            Pass();
            EndWell(IndexOf(buildId), _clock.GetUtcNow());
            Pass();
        }
    }

    /// <summary>Ends a build badly.</summary>
    /// <param name="buildId">The build.</param>
    /// <param name="status"><c>FAILED</c>, <c>FAULT</c>, <c>TIMED_OUT</c> or <c>STOPPED</c>.</param>
    /// <param name="message">What CodeBuild says, such as <c>Error while executing command: … Reason: exit status 1</c>.</param>
    /// <param name="phase">The phase in which it ends.</param>
    /// <param name="exportedVariables">What the build lets out.</param>
    /// <exception cref="ArgumentException">There is no such build, or it has ended, or builds do not end so.</exception>
    public void End(string buildId, string status, string? message = null, string phase = "BUILD", IReadOnlyDictionary<string, string>? exportedVariables = null)
    {
        if (!s_ends.Contains(status) || status == s_ends[0])
        {
            throw new ArgumentException($"A build does not end badly as '{status}'.", nameof(status));
        }

        lock (_gate)
        {
            Pass();
            var index = IndexOf(buildId);
            EndAs(index, status, _clock.GetUtcNow(), message, phase);
            _builds[index] = _builds[index] with { ExportedVariables = exportedVariables ?? _builds[index].ExportedVariables };
            Pass();
        }
    }

    /// <summary>The event <c>CodeBuild Build State Change</c> of a build as it stands, as EventBridge delivers it: JSON.</summary>
    /// <exception cref="ArgumentException">There is no such build.</exception>
    public string CreateEvent(string buildId)
    {
        lock (_gate)
        {
            Pass();
            var build = _builds.Find(build => build.Id == buildId) ?? throw new ArgumentException($"There is no build '{buildId}'.", nameof(buildId));
            return CodeBuildStandInJson.Event(build, _account, _clock.GetUtcNow()).ToJsonString();
        }
    }

    internal bool HasProject(string name) => _projects.Contains(name);

    internal JsonObject Describe(CodeBuildStandInBuild build) => CodeBuildStandInJson.Build(build, _account);

    internal CodeBuildStandInBuild? Find(string idOrArn)
    {
        Pass();
        return _builds.Find(build => build.Id == idOrArn || build.Arn == idOrArn);
    }

    internal IEnumerable<string> IdsOf(string project)
    {
        Pass();
        return _builds.Where(build => build.ProjectName == project).Select(build => build.Id);
    }

    /// <exception cref="AwsStandInException">The account has too many builds.</exception>
    internal CodeBuildStandInBuild Accept(string project, Func<CodeBuildStandInBuild, CodeBuildStandInBuild> fill)
    {
        Pass();
        var (running, queued) = (_builds.Count(IsRunning), _builds.Count(IsQueued));
        if (ConcurrentBuildLimit == 0 || (running >= ConcurrentBuildLimit && queued >= (QueueLimit ?? 5 * ConcurrentBuildLimit)))
        {
            throw new AwsStandInException("AccountLimitExceededException", $"Cannot have more than {ConcurrentBuildLimit} builds in queue for the account");
        }

        var number = _builds.Count(build => build.ProjectName == project) + 1;
        var id = string.Create(CultureInfo.InvariantCulture, $"{project}:{_builds.Count + 1:x8}-c0de-4b1d-8000-{number:x12}");
        _builds.Add(fill(new CodeBuildStandInBuild
        {
            Id = id,
            Arn = $"arn:aws:codebuild:{_account.Region}:{_account.Account}:build/{id}",
            ProjectName = project,
            Number = number,
            StartTime = _clock.GetUtcNow(),
            EnvironmentType = "LINUX_CONTAINER",
            Image = "aws/codebuild/standard:7.0",
            PrivilegedMode = false,
            Timeout = TimeSpan.FromHours(1),
            QueuedTimeout = TimeSpan.FromHours(8),
            EnvironmentVariables = new Dictionary<string, string>(),
        }));
        Pass();
        return _builds.First(build => build.Id == id);
    }

    private static bool IsRunning(CodeBuildStandInBuild build) => !build.IsComplete && build.BeganAt is not null;

    private static bool IsQueued(CodeBuildStandInBuild build) => !build.IsComplete && build.BeganAt is null;

    /// <summary>Lets happen what the clock has brought about, in its order.</summary>
    private void Pass()
    {
        var now = _clock.GetUtcNow();
        var since = now;
        while (true)
        {
            while (_builds.Count(IsRunning) < ConcurrentBuildLimit && _builds.FindIndex(IsQueued) is >= 0 and var waiting)
            {
                _builds[waiting] = _builds[waiting] with { BeganAt = since > _builds[waiting].StartTime ? since : _builds[waiting].StartTime, Phase = "BUILD" };
            }

            var due = _builds.Select((build, index) => (Index: index, At: EndOf(build))).Where(end => end.At <= now).OrderBy(end => end.At).FirstOrDefault((Index: -1, At: null));
            if (due.At is not { } at)
            {
                return;
            }

            since = at;
            var next = _builds[due.Index];
            if (next.BeganAt is { } began && began + BuildDuration == at)
            {
                EndWell(due.Index, at);
            }
            else
            {
                EndAs(due.Index, "TIMED_OUT", at, "Build has timed out.", next.Phase);
            }
        }
    }

    private DateTimeOffset? EndOf(CodeBuildStandInBuild build) =>
        build.IsComplete ? null
        : build.BeganAt is not { } began ? build.StartTime + build.QueuedTimeout
        : BuildDuration < build.Timeout ? began + BuildDuration
        : began + build.Timeout;

    private void EndWell(int index, DateTimeOffset at)
    {
        try
        {
            Push(_builds[index]);
            EndAs(index, s_ends[0], at, null, "COMPLETED");
        }
        catch (ArgumentException error)
        {
            EndAs(index, "FAILED", at, $"Error while executing command: docker push. Reason: {error.Message}", "BUILD");
        }
    }

    private void EndAs(int index, string status, DateTimeOffset at, string? message, string phase) =>
        _builds[index] = _builds[index] with { Status = status, EndTime = at, Message = message, Phase = phase };

    private int IndexOf(string buildId)
    {
        var index = _builds.FindIndex(build => build.Id == buildId);
        return index >= 0 && !_builds[index].IsComplete ? index : throw new ArgumentException($"There is no build '{buildId}', or it has ended.", nameof(buildId));
    }

    private void PushImage(CodeBuildStandInBuild build)
    {
        if (build.EnvironmentVariables.TryGetValue("RUNNERFLEET_REPOSITORY_URI", out var uri) && build.EnvironmentVariables.TryGetValue("RUNNERFLEET_IMAGE_TAG", out var tag))
        {
            _account.Ecr.PutImage(uri[(uri.IndexOf('/', StringComparison.Ordinal) + 1)..], tag);
        }
    }
}
