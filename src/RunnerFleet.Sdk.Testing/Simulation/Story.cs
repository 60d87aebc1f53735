namespace RunnerFleet.Testing.Simulation;

/// <summary>What happens in a run: which jobs are queued when, and what goes wrong when. All of it by the choices of the seed.</summary>
internal sealed class Story(World world)
{
    /// <summary>Marks the jobs of another fleet.</summary>
    public const string LabelOfOthers = "gpu";

    /// <summary>How long things go wrong.</summary>
    public static readonly TimeSpan TroubleFor = TimeSpan.FromMinutes(45);

    private static readonly TimeSpan s_jobsFor = TimeSpan.FromMinutes(20);
    private static readonly SimulatedRepository[] s_ours = [new(1, "app", true), new(2, "lib", true)];
    private static readonly SimulatedRepository s_open = new(3, "open", false); // public, so refused

    public static IReadOnlyList<SimulatedRepository> Repositories { get; } = [.. s_ours, s_open];

    private Chance Chance => world.Chance;

    public void Plan()
    {
        PlanJobs();
        PlanTrouble();
    }

    /// <summary>From here on the world behaves.</summary>
    public void End()
    {
        world.GitHub.Mend();
        world.Settings.MendMistake();
    }

    private void PlanJobs()
    {
        var count = 1 + Math.Max(0, world.Plan.Jobs - 1 - Chance.Any(world.Plan.Jobs));
        for (var i = 0; i < count; i++)
        {
            PlanJob(Chance.AnyTime(s_jobsFor));
        }

        if (Chance.Fault(20))
        {
            var at = Chance.Time(s_jobsFor);
            var matrix = 10 + Chance.Pick(30);
            for (var i = 0; i < matrix; i++)
            {
                Queue(at, s_ours[0], ["self-hosted", "class:small"], TimeSpan.FromSeconds(20) + Chance.AnyTime(TimeSpan.FromMinutes(1)), waits: false);
            }
        }

        for (var i = 0; i < world.Plan.Burst; i++)
        {
            Queue(TimeSpan.FromMinutes(1), s_ours[0], ["self-hosted", "class:small"], TimeSpan.FromSeconds(20) + Chance.AnyTime(TimeSpan.FromMinutes(1)), waits: false);
        }
    }

    private void PlanJob(TimeSpan at)
    {
        if (Chance.Fault(100))
        {
            // Of a repository that is refused, and free to take any runner whose labels cover it.
            Queue(at, s_open, ["self-hosted"], Minutes(15), waits: false, cancelAfter: TimeSpan.FromMinutes(40));
            return;
        }

        if (Chance.Fault(60))
        {
            // Another fleet's: its runner comes, ours must not.
            world.Time.After(at, () =>
            {
                var job = world.GitHub.Queue(s_ours[0], ["self-hosted", LabelOfOthers], Minutes(5), isOurs: false, waits: false);
                world.Time.After(TimeSpan.FromMinutes(1), () => world.GitHub.GiveToOthers(job));
            });
            return;
        }

        var repository = s_ours[Chance.Any(2)];
        List<string> labels = ["self-hosted"];
        switch (Chance.Any(3))
        {
            case 0:
                labels.Add("class:small");
                break;
            case 1:
                labels.Add("class:large");
                break;
        }

        if (Chance.Any(7) == 6)
        {
            labels.Add(Chance.Any(6) switch { < 3 => "image:ubuntu:22.04", < 5 => "image:debian:12", _ => $"image:{SimulatedImages.Broken}:1" });
        }

        var duration = Chance.Fault(50) ? TimeSpan.FromMinutes(40) : Minutes(15); // the longer one is over its limit of time
        Queue(at, repository, labels, duration, Chance.Fault(80), Chance.Fault(150) ? Chance.Time(TimeSpan.FromMinutes(10)) : null, reruns: Chance.Fault(60));
    }

    private void Queue(TimeSpan at, SimulatedRepository repository, IReadOnlyList<string> labels, TimeSpan duration, bool waits, TimeSpan? cancelAfter = null, bool reruns = false) => world.Time.After(at, () =>
    {
        var job = world.GitHub.Queue(repository, labels, duration, repository.IsPrivate, waits);
        world.Time.After(TimeSpan.FromMinutes(5), () => world.GitHub.Approve(job));
        if (cancelAfter is { } moment)
        {
            world.Time.After(moment, () => world.GitHub.Cancel(job));
        }

        if (reruns)
        {
            // The same run once more: new job ids.
            world.Time.After(TimeSpan.FromMinutes(15), () => world.GitHub.Queue(repository, labels, duration, repository.IsPrivate, waits: false, run: job));
        }
    });

    private void PlanTrouble()
    {
        for (var i = 0; i < 6; i++)
        {
            Maybe(400, TroubleFor, () =>
            {
                var (turn, back) = (Chance.Pick(64), Chance.Time(TimeSpan.FromMinutes(5)));
                return () => world.Crash(turn, back);
            });
        }

        Maybe(200, s_jobsFor, () => For(world.GitHub.IsDown));
        Maybe(150, s_jobsFor, () => For(world.GitHub.IsForbidden));
        Maybe(150, s_jobsFor, () => For(world.GitHub.IsThrottled));
        Maybe(150, s_jobsFor, () =>
        {
            var back = Minutes(20);
            return () =>
            {
                world.Settings.LowerLimits();
                world.Time.After(back, world.Settings.RaiseLimits);
            };
        });
        Maybe(60, s_jobsFor, () =>
        {
            var back = Minutes(20);
            return () =>
            {
                world.Settings.RemoveLarge();
                world.Time.After(back, world.Settings.AddLarge);
            };
        });
        Maybe(100, s_jobsFor, () =>
        {
            var later = Minutes(5);
            return () => world.Settings.RotateSecret(later);
        });
        Maybe(60, TroubleFor, () => world.Settings.Mistake);
        Maybe(100, s_jobsFor, () => world.Settings.LimitRepositories);
        for (var i = 0; i < 2; i++)
        {
            Maybe(150, TroubleFor, () =>
            {
                var (turn, force) = (Chance.Pick(16), Chance.Fault(300));
                return () => world.Promises.AskToEnd(turn, force);
            });
        }

        Maybe(150, s_jobsFor, () =>
        {
            var kind = Chance.Pick(4);
            return () => world.GitHub.Forge(kind);
        });
    }

    private Action For(Action<DateTimeOffset> trouble)
    {
        var length = Minutes(10);
        return () => trouble(world.Time.Now + length);
    }

    /// <param name="perMille">How often.</param>
    /// <param name="within">When, at the latest.</param>
    /// <param name="choose">Makes its own choices now, in a fixed order, and returns what happens then.</param>
    private void Maybe(int perMille, TimeSpan within, Func<Action> choose)
    {
        if (Chance.Fault(perMille))
        {
            var at = Chance.Time(within);
            world.Time.After(at, choose());
        }
    }

    private TimeSpan Minutes(int most) => TimeSpan.FromSeconds(30) + Chance.AnyTime(TimeSpan.FromMinutes(most));
}
