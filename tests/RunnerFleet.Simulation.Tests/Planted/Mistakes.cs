using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Images;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Simulation;

namespace RunnerFleet.Simulation.Tests.Planted;

/// <summary>The mistakes that the simulator must find. Each is one that a fleet could well make.</summary>
internal static class Mistakes
{
    public static IReadOnlyList<Mistake> All { get; } =
    [
        // The store.
        Store("a commit without its version condition", [2, 4, 6, 9], s => new StoreWithoutVersions(s), beneath: true),
        Store("a claim without its compare-and-set", [1, 2, 4, 6, 9], s => new ClaimWithoutCondition(s)),
        Store("a conflict answered as committed", [1, 2, 4, 6, 8, 9], s => new StoreThatSaysCommitted<CommitOutcome.Conflict>(s)),
        Store("a full limit answered as committed", [4], s => new StoreThatSaysCommitted<CommitOutcome.NoPlace>(new StoreWithoutPlaces(s))),
        Store("a write answered before it is made", [1, 2, 4, 6, 9], s => new StoreThatWritesBehind(s)),
        Store("a launch whose record is lost", [4], s => new StoreThatLosesLaunches(s)),
        Store("places freed when the end begins", [3], s => new PlacesFreedWhenTheEndBegins(s)),
        Store("places freed twice", [6], s => new StoreWithOtherPlaces(s, p => p.Delta < 0 ? p with { Delta = 2 * p.Delta } : p)),
        Store("places never freed", [6], s => new StoreWithOtherPlaces(s, p => p.Delta < 0 ? null : p)),
        Store("limits that are no condition", [3], s => new StoreWithoutLimits(s)),
        Store("an end that is taken back", [6], s => new StoreThatHidesTheEnd(s)),
        Store("a second record for a second delivery", [1, 2], s => new StoreThatRecordsEachDelivery(s)),
        Store("a pending runner that no listing shows", [1, 8], s => new StoreWithGaps(s) { HidesPending = r => r.Job?.Id % 3 == 0 }),
        Store("demand counted pairwise: a job whose runner was taken is forgotten", [1, 8], s => new StoreWithGaps(s) { HidesQueued = j => j.RunnerId is null }),
        Store("nothing is looked at when its time has come", [1, 4, 8], s => new StoreWithGaps(s) { HidesDueJob = _ => true, HidesDueRunner = _ => true }),
        Store("one error ends the look at what is due", [1, 4, 8], s => new StoreWhereOneErrorEndsTheLook(s)),
        Store("a host looks after its own records only", [1, 4, 8], s => new StoreThatKnowsItsOwn(s)) with { NeedsCrash = true },
        new("a bad record holds up the others", [8], plan =>
        {
            var bad = new BadRecord();
            return plan with { DecorateStore = s => new StoreWithOneBadRecord(s, bad) };
        }),

        // Compute.
        Launcher("unknown compute is absent", [2, 6, 9], l => new UnknownComputeIsAbsent(l)),
        Launcher("a launch without an answer is none", [2, 9], l => new UnknownLaunchIsNone(l)),
        Launcher("compute that stops has stopped", [6], l => new StoppingIsStopped(l)),
        Launcher("no idempotency: each send starts another compute", [2, 6, 9], l => new LauncherWithOtherIdentity(l, (identity, sends) => identity with { Fleet = $"{identity.Fleet}{sends}" })),
        Launcher("a new token for an old attempt", [2, 4], l => new LauncherWithOtherIdentity(l, (identity, sends) => sends > 1 ? identity with { Attempt = identity.Attempt + 1 } : identity)),
        Launcher("stop before remove", [5], l => new StopsBeforeItRemoves(l)),
        Launcher("a stop that stops nothing", [1, 4, 8], l => new NeverStops(l)),
        new("a failed load of the classes is kept", [1, 8, 9], plan => plan with { ConfigureServices = s => s.AddSingleton<IRunnerClassCatalog>(new ClassesThatKeepAFailure(20)) }),

        // GitHub.
        GitHub("no answer means no such runner", [4, 5, 9], r => new NoAnswerIsNoRunner(r, GitHubStatus.Unknown)),
        GitHub("a refusal means no such runner", [4, 5, 9], r => new NoAnswerIsNoRunner(r, GitHubStatus.Refused)),
        GitHub("a lone 404 means removed", [4, 5, 9], r => new RemovalSucceeds(r, GitHubStatus.NotFound)),
        GitHub("busy taken as removed", [5, 9], r => new RemovalSucceeds(r, GitHubStatus.Busy)),
        GitHub("a removal that is only said", [4, 5, 9], r => new NeverRemoves(r)),
        new("registrations are left behind", [4], plan => plan with { DecorateRegistrar = r => new NoGhosts(r), DecorateStore = s => new StoreWithGaps(s) { HidesDueRunner = r => r.IsTerminal } }),
        GitHub("a job that GitHub does not show is over", [1], r => new MissingJobIsOver(r)),

        // The front door.
        Fleet("success answered though nothing was stored", [1], f => new AnswersBeforeItRecords(f)),
        Fleet("a report is trusted", [6], f => new TrustsReports(f)),
        Fleet("every event is taken as the end", [6], f => new BelievesEveryEvent(f)),
        Fleet("one error ends the work of a host", [1, 4, 8], f => new OneErrorEndsTheWork(f)),
        Fleet("nothing happens by the clock", [1, 4, 8], f => new NeverByTheClock(f)),

        Fleet("a webhook is not verified", [10], f => new SignsForOthers(f)),
        Fleet("whoever ends a runner ends its job", [5], f => new AlwaysByForce(f)),

        // Images and settings.
        new("an image is launched before it is built", [9], plan => plan with { ConfigureServices = s => s.AddSingleton<IImageBuilder>(p => new BuildingIsReady(s.BuilderBefore())) }),
        Settings("the former webhook secret is forgotten", [1], o => o.GitHub.PreviousWebhookSecrets.Clear()),
        Settings("lost webhooks are not looked for", [1], o => o.GitHub.ReconcileCallsPerHour = 0),
        Settings("another fleet's label is taken for one's own", [4], o => o.Labels.OwnLabels.Add("gpu")),

        // Credentials.
        new("a credential in the log", [10], plan => plan with { ConfigureServices = s => s.AddSingleton<IRunnerRegistrar>(p => new LogsCredentials(s.RegistrarBefore(), p.GetRequiredService<ILogger<LogsCredentials>>())) }),
        Leak("a credential in a record", (plan, minted) => plan with { DecorateStore = s => new StoreThatKeepsCredentials(s, minted) }),
        Leak("a credential in an entry", (plan, minted) => plan with { DecorateStore = s => new StoreThatKeepsCredentialsInEntries(s, minted) }),
        Leak("a credential in a launch", (plan, minted) => plan with { DecorateLauncher = l => new LaunchWithCredential(l, minted) }),
    ];

    private static Mistake Store(string name, int[] breaks, Func<IRunnerStore, IRunnerStore> decorate, bool beneath = false) =>
        new(name, breaks, plan => beneath ? plan with { CreateStore = () => decorate(new InMemoryRunnerStore()) } : plan with { DecorateStore = decorate });

    private static Mistake Launcher(string name, int[] breaks, Func<IComputeLauncher, IComputeLauncher> decorate) =>
        new(name, breaks, plan => plan with { DecorateLauncher = decorate });

    private static Mistake GitHub(string name, int[] breaks, Func<IRunnerRegistrar, IRunnerRegistrar> decorate) =>
        new(name, breaks, plan => plan with { DecorateRegistrar = decorate });

    private static Mistake Settings(string name, int[] breaks, Action<RunnerFleetOptions> configure) =>
        new(name, breaks, plan => plan with { Configure = configure });

    private static Mistake Fleet(string name, int[] breaks, Func<IRunnerFleet, IRunnerFleet> decorate) =>
        new(name, breaks, plan => plan with { DecorateFleet = decorate });

    private static Mistake Leak(string name, Func<SimulationPlan, LastMinted, SimulationPlan> plant) => new(name, [10], plan =>
    {
        var minted = new LastMinted();
        return plant(plan, minted) with { DecorateRegistrar = r => new RegistrarThatRemembers(r, minted) };
    });
}
