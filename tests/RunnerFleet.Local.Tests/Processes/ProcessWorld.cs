using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Local.Processes;
using RunnerFleet.Runners;

namespace RunnerFleet.Local.Tests.Processes;

/// <summary>A folder, a control plane and launchers for one test. At the end everything that still runs is ended, and nothing may be left.</summary>
internal sealed class ProcessWorld : IAsyncDisposable
{
    public const string Fleet = "test";
    public const string ClaimSecret = "claim-secret-of-the-runner";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<ProcessLauncher> _launchers = [];

    private ProcessWorld(ControlPlaneStub controlPlane) => ControlPlane = controlPlane;

    public static string TestProcesses { get; } = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "RunnerFleet.TestProcesses.exe" : "RunnerFleet.TestProcesses");

    public ControlPlaneStub ControlPlane { get; }

    public string Url { get; set; } = "";

    /// <summary>Beside the state folder, so that a test may look for secrets in that.</summary>
    public string Scratch { get; } = Path.Combine(Path.GetTempPath(), "runnerfleet-" + RandomNumberGenerator.GetHexString(12, lowercase: true));

    public string Directory => Path.Combine(Scratch, "state");

    public static async Task<ProcessWorld> CreateAsync()
    {
        var controlPlane = await ControlPlaneStub.StartAsync();
        var world = new ProcessWorld(controlPlane) { Url = controlPlane.Url };
        System.IO.Directory.CreateDirectory(world.Scratch);
        return world;
    }

    public ProcessLauncher CreateLauncher(Action<ProcessLauncherOptions>? configure = null, TimeProvider? clock = null)
    {
        var options = new ProcessLauncherOptions { Directory = Directory, StopGraceSeconds = 10 };
        options.Supervisor.Add(TestProcesses);
        configure?.Invoke(options);
        if (options.RunnerFolder is null)
        {
            options.Command.Add(TestProcesses);
            options.Command.Add("stand-in");
        }

        var launcher = new ProcessLauncher(Options.Create(options), clock ?? TimeProvider.System, NullLogger<ProcessLauncher>.Instance);
        _launchers.Add(launcher);
        return launcher;
    }

    public static ComputeIdentity NewIdentity(string fleet = Fleet) =>
        new() { Fleet = fleet, RunnerId = "01" + RandomNumberGenerator.GetString("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24), Attempt = 1 };

    public LaunchRequest Request(string standIn, ComputeIdentity? identity = null)
    {
        identity ??= NewIdentity();
        return new LaunchRequest
        {
            Identity = identity,
            Plan = new LaunchPlan
            {
                Attempt = identity.Attempt,
                ClassName = "default",
                Cpu = 256,
                MemoryMiB = 512,
                Architecture = "x64",
                ControlPlaneUrl = new Uri(Url),
                ClaimKeyId = "key",
            },
            Environment = new Dictionary<string, string>
            {
                [RunnerEnvironment.ControlPlaneUrl] = Url,
                [RunnerEnvironment.RunnerId] = identity.RunnerId,
                [RunnerEnvironment.Attempt] = "1",
                [RunnerEnvironment.ClaimSecret] = ClaimSecret,
                ["STAND_IN"] = standIn,
            },
        };
    }

    public string FolderOf(ComputeIdentity identity) => Path.Combine(Directory, identity.Fleet, $"{identity.RunnerId}-{identity.Attempt}");

    public ComputeFolder Folder(ComputeIdentity identity) => new(FolderOf(identity), identity);

    public static async Task<ComputeRef> LaunchAsync(ProcessLauncher launcher, LaunchRequest request) =>
        Assert.IsType<LaunchOutcome.Launched>(await launcher.LaunchAsync(request, CancellationToken.None)).Compute;

    public static async Task<ComputeDescription> UntilAsync(ProcessLauncher launcher, ComputeRef compute, ComputeStatus status)
    {
        ComputeDescription? last = null;
        await EventuallyAsync(async () =>
        {
            last = ((await launcher.DescribeAsync([compute], CancellationToken.None))[compute] as FindOutcome.Found)?.Description;
            return last?.Status == status;
        });
        return last!;
    }

    public static Task EventuallyAsync(Func<bool> condition) => EventuallyAsync(() => Task.FromResult(condition()));

    public static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, $"What was waited for did not happen within {Patience}.");
            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        var folders = System.IO.Directory.Exists(Directory)
            ? System.IO.Directory.GetDirectories(Directory).SelectMany(fleet => new ComputeFolders(Directory).ListFleet(Path.GetFileName(fleet))).ToList()
            : [];
        foreach (var folder in folders)
        {
            folder.WriteStop(new StopRecord { At = TimeProvider.System.GetUtcNow(), Reason = "The test is over." });
            await EventuallyAsync(() =>
            {
                if (!folder.IsSupervised())
                {
                    ProcessTree.Kill(ComputeInspector.MembersOf(folder));
                }

                return !folder.IsSupervised() && ComputeInspector.MembersOf(folder).Count == 0;
            });
        }

        _launchers.ForEach(launcher => launcher.Dispose());
        await ControlPlane.DisposeAsync();
        System.IO.Directory.Delete(Scratch, recursive: true);
    }
}
