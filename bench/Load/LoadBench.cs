using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Bench.Load;

/// <summary>
/// Jobs by the thousand through a host of its own: signed webhooks by several connections, SQLite, compute and GitHub outside. Each job's whole life: queued, recorded,
/// launched, claimed, reported, in progress, completed, exited. Fails when one was lost or launched twice, when a limit was passed, or when a soak's memory grows.
/// </summary>
internal static class LoadBench
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    public static async Task<int> RunAsync(string[] args)
    {
        if (LoadSettings.Read(args) is not { } settings)
        {
            Console.Error.WriteLine($"Usage: {LoadSettings.Usage}");
            return 2;
        }

        var folder = Directory.CreateTempSubdirectory("runnerfleet-bench-").FullName;
        try
        {
            return await RunAsync(settings, args, Path.Combine(folder, "fleet.db"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static Task<int> RunHostAsync(string path, string world, string[] args) => LoadHost.RunAsync(path, new Uri(world), LoadSettings.Read(args)!);

    private static async Task<int> RunAsync(LoadSettings settings, string[] args, string path)
    {
        Say($"{settings.Jobs} jobs in {LoadJob.Repositories} repositories, one in three of the class large; three webhooks each, by {settings.Connections} connections; a job runs {settings.RunMs} ms on average; {(settings.Rate == 0 ? "all at once" : $"{settings.Rate} a second")}.");
        Say($"Limits: fleet {settings.Limit}, class large {settings.LargeLimit}, each repository {settings.RepositoryLimit}; at most {settings.Registrations} registrations a second. {Environment.ProcessorCount} processors, shared by host, GitHub, compute and sender.");

        LoadRunner? runner = null;
        await using var world = new LoadWorld(settings, (launch, outside) => runner!.RunAsync(launch, outside));
        await world.StartAsync();
        using var host = StartHost(path, world.Url, args);
        var url = new Uri((await host.StandardOutput.ReadLineAsync())!);
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = url, Timeout = TimeSpan.FromMinutes(2) };
            await MeasureHmacAsync(new Uri(url, "load/hmac"), settings);
            await using var sender = new LoadSender(new Uri(url, "webhook"), settings.Connections);
            using var made = runner = new LoadRunner(settings, sender);

            using var store = OpenStore(path);
            var records = store.GetRequiredService<IRunnerStore>();
            var memory = new MemoryWatch(http, settings);
            await memory.BeginAsync();
            var start = Stopwatch.GetTimestamp();
            var intake = await SendAsync(settings, world, sender, memory);
            var isComplete = await UntilDoneAsync(settings, world, sender, runner, records, memory);
            var took = Stopwatch.GetElapsedTime(start);
            await memory.EndAsync();

            var verdict = await JudgeAsync(settings, world, records);
            return Report(settings, world, sender, runner, memory, verdict, isComplete, intake, took, path);
        }
        finally
        {
            host.StandardInput.Close();
            await host.WaitForExitAsync();
        }
    }

    /// <summary>The same bytes to an endpoint of the same process that computes the HMAC and nothing else, before the load begins.</summary>
    private static async Task MeasureHmacAsync(Uri url, LoadSettings settings)
    {
        var count = Math.Min(settings.Jobs, 2000);
        foreach (var isMeasured in (bool[])[false, true])
        {
            await using var sender = new LoadSender(url, settings.Connections);
            var start = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(1, count).Select(number => sender.SendAsync(new LoadJob(number), "queued")));
            var took = Stopwatch.GetElapsedTime(start);
            if (isMeasured)
            {
                Say($"HMAC alone     {count / took.TotalSeconds,8:F0}/s   {Times(sender.Times())}");
            }
        }
    }

    private static async Task<TimeSpan> SendAsync(LoadSettings settings, LoadWorld world, LoadSender sender, MemoryWatch memory)
    {
        var start = Stopwatch.GetTimestamp();
        var answers = new List<Task>();
        for (var number = 1; number <= settings.Jobs; number++)
        {
            if (settings.Rate > 0)
            {
                var due = TimeSpan.FromSeconds((double)number / settings.Rate) - Stopwatch.GetElapsedTime(start);
                if (due > TimeSpan.Zero)
                {
                    await Task.Delay(due, TimeProvider.System, CancellationToken.None);
                }

                await memory.LookAsync();
            }

            var job = new LoadJob(number);
            world.Queue(job);
            answers.Add(sender.SendAsync(job, "queued"));
        }

        await Task.WhenAll(answers);
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Waits until every job is done and the fleet has heard of every end; gives up when nothing moves any more.</summary>
    private static async Task<bool> UntilDoneAsync(LoadSettings settings, LoadWorld world, LoadSender sender, LoadRunner runner, IRunnerStore store, MemoryWatch memory)
    {
        var (done, since) = (0L, Stopwatch.GetTimestamp());
        while (Stopwatch.GetElapsedTime(since) < s_patience)
        {
            await memory.LookAsync();
            var states = await store.CountRunnersAsync(CancellationToken.None);
            var ended = states.GetValueOrDefault(RunnerState.Offline) + states.GetValueOrDefault(RunnerState.Failed);
            if (runner.Done >= settings.Jobs && world.Live == 0 && ended == states.Values.Sum() && sender.Answered >= 3 * settings.Jobs)
            {
                return true;
            }

            if (ended > done)
            {
                (done, since) = (ended, Stopwatch.GetTimestamp());
            }

            await Task.Delay(s_look, TimeProvider.System, CancellationToken.None);
        }

        return false;
    }

    private static async Task<Verdict> JudgeAsync(LoadSettings settings, LoadWorld world, IRunnerStore store)
    {
        var verdict = new Verdict();
        string? continuation = null;
        do
        {
            var page = await store.ListJobsAsync(new JobQuery { Take = 500, Continuation = continuation }, CancellationToken.None);
            verdict.Stored += page.Items.Count;
            verdict.Completed += page.Items.Count(j => j.State == JobState.Completed);
            verdict.RecordedOnce += page.Items.Count(j => j.Launches == 1);
            continuation = page.Continuation;
        }
        while (continuation is not null);

        string[] keys = ["fleet", "class/small", "class/large", .. Enumerable.Range(0, LoadJob.Repositories).Select(r => $"repository/github.com/{700_000_000 + r}")];
        verdict.PlacesTaken = (await store.GetPlacesAsync(keys, CancellationToken.None)).Values.Sum();
        verdict.Runners = (await store.CountRunnersAsync(CancellationToken.None)).Values.Sum();
        verdict.Lost = settings.Jobs - verdict.Completed;
        return verdict;
    }

    private static int Report(LoadSettings settings, LoadWorld world, LoadSender sender, LoadRunner runner, MemoryWatch memory, Verdict verdict, bool isComplete, TimeSpan intake, TimeSpan took, string path)
    {
        var all = sender.Times();
        var others = string.Join(", ", sender.Answers.Where(a => a.Key != 202).Select(a => $"{a.Key}: {a.Value}"));
        Say($"queued         {settings.Jobs / intake.TotalSeconds,8:F0}/s   {Times(sender.Times("queued"))}   while the fleet worked");
        Say($"all webhooks   {sender.Answered / took.TotalSeconds,8:F0}/s   {Times(all)}");
        Say($"jobs end to end{settings.Jobs / took.TotalSeconds,8:F0}/s   in {took.TotalSeconds:F1} s; compute waited for its registration: {Times(runner.Claims)}; asked to come again {runner.Paced} times");
        Say($"webhooks sent {3 * settings.Jobs}, answered 202: {sender.Answers.GetValueOrDefault(202)}, otherwise: {(others.Length == 0 ? "none" : others)}");
        Say($"jobs stored {verdict.Stored}, completed {verdict.Completed}; runners recorded {verdict.Runners}, just one for each of {verdict.RecordedOnce} jobs; computes started {world.Started}, without a job {runner.Failed}, launches sent again {world.SentAgain}; places left taken {verdict.PlacesTaken}");
        Say($"live compute at most: fleet {world.MostLive(LiveKey.Fleet).Most} of {settings.Limit}, class large {world.MostLive(LiveKey.Class("large")).Most} of {settings.LargeLimit}, one repository {Enumerable.Range(0, LoadJob.Repositories).Max(r => world.MostLive(LiveKey.Repository(new LoadJob(r).RepositoryName)).Most)} of {settings.RepositoryLimit}; launches over a limit {world.OverLimit}");
        Say($"host: processor {memory.Cpu.TotalSeconds:F1} s ({memory.Cpu.TotalMilliseconds / settings.Jobs:F2} ms a job), allocated {memory.Allocated / 1024.0 / settings.Jobs:F0} KiB a job; heap {memory.First.Heap / 1e6:F1} MB before, {memory.Last.Heap / 1e6:F1} MB after, at most {memory.MostHeap / 1e6:F1} MB; working set {memory.First.WorkingSet / 1e6:F0} MB before, {memory.Last.WorkingSet / 1e6:F0} MB after, at most {memory.Last.PeakWorkingSet / 1e6:F0} MB");
        Say($"SQLite file {Size(path) / 1e6:F1} MB, {Size(path) / 1024.0 / settings.Jobs:F1} KiB a job, with its log {(Size(path) + Size(path + "-wal")) / 1e6:F1} MB");

        var isWhole = isComplete && verdict is { Lost: 0, PlacesTaken: 0 } && verdict.Stored == settings.Jobs && world.Started == settings.Jobs && sender.Answers.GetValueOrDefault(202) == 3 * settings.Jobs;
        var isWithin = world.OverLimit == 0;
        var isSteady = settings.Soak == 0 || memory.IsSteady(Say);
        var whole = isWhole ? "none lost, one launch each" : $"{verdict.Lost} LOST, {world.Started} LAUNCHES";
        var within = isWithin ? "held" : $"PASSED {world.OverLimit} TIMES";
        var steady = settings.Soak == 0 ? "" : isSteady ? ", steady" : ", GROWING";
        Say($"{settings.Jobs} jobs, {sender.Answered} webhooks: {whole}; {sender.Answered / took.TotalSeconds:F0} webhooks/s, {settings.Jobs / took.TotalSeconds:F0} jobs/s; answer p50 {At(all, 0.5):F1} ms, p99 {At(all, 0.99):F1} ms, max {all[^1]:F0} ms; limit of {settings.Limit} {within}; heap {memory.First.Heap / 1e6:F1} -> {memory.Last.Heap / 1e6:F1} MB{steady}.");
        return isWhole && isWithin && isSteady ? 0 : 1;
    }

    private static Process StartHost(string path, Uri world, string[] args)
    {
        var program = Environment.ProcessPath!;
        var isDotnet = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        string[] own = isDotnet ? [Assembly.GetEntryAssembly()!.Location] : [];
        var start = new ProcessStartInfo(program, [.. own, LoadHost.Verb, path, world.AbsoluteUri, .. args]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["DOTNET_gcServer"] = "1"; // as ASP.NET Core's own projects have it
        return Process.Start(start)!;
    }

    /// <summary>Reads the file beside the host: what counts is what is stored, not what the host says.</summary>
    private static ServiceProvider OpenStore(string path)
    {
        var services = new ServiceCollection().AddLogging();
        services.AddRunnerFleet(o => o.GitHub.WebhookSecret = LoadHost.Secret).UseLauncher<FakeComputeLauncher>().UseSqlite(o => o.Path = path);
        return services.BuildServiceProvider();
    }

    private static long Size(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;

    private static string Times(double[] sorted) => sorted.Length == 0 ? "no times"
        : string.Create(CultureInfo.InvariantCulture, $"p50 {At(sorted, 0.5),7:F2} ms   p99 {At(sorted, 0.99),7:F2} ms   max {sorted[^1],7:F2} ms");

    private static double At(double[] sorted, double part) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))];

    private static void Say(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));

    private sealed record Verdict
    {
        public int Stored { get; set; }

        public int Completed { get; set; }

        public int RecordedOnce { get; set; }

        public int Lost { get; set; }

        public long Runners { get; set; }

        public int PlacesTaken { get; set; }
    }
}
