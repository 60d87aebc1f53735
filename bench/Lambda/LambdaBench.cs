using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using RunnerFleet.GitHub;

namespace RunnerFleet.Bench.Lambda;

/// <summary>How long the Lambda function takes from the start of its process to its first answer, and how much memory it holds: Native AOT, ReadyToRun and JIT, by turns.</summary>
internal static class LambdaBench
{
    private const string Secret = "a webhook secret of usual length";
    private const int Warm = 20;
    private const double MostMilliseconds = 60;
    private const double MostMebibytes = 40;

    private static readonly (string Name, string Program, string[] Options)[] Builds =
    [
        ("Native AOT", "LambdaHost", ["-p:PublishAot=true", "-p:StripSymbols=true", "--self-contained"]),
        ("ReadyToRun", "LambdaHost.dll", ["-p:PublishReadyToRun=true", "--no-self-contained"]),
        ("JIT", "LambdaHost.dll", ["-p:PublishReadyToRun=false", "--no-self-contained"]),
    ];

    private static readonly string[] Gcc = ["-p:CppCompilerAndLinker=gcc", "-p:LinkerFlavor=bfd"];

    public static async Task<int> RunAsync(string[] args)
    {
        var runs = args is ["--runs", var text] && int.TryParse(text, CultureInfo.InvariantCulture, out var asked) && asked > 0 ? asked : args.Length == 0 ? 10 : 0;
        if (runs == 0 || !OperatingSystem.IsLinux())
        {
            Console.Error.WriteLine("Usage, on Linux: lambda [--runs 10]");
            return 2;
        }

        var folder = Directory.CreateTempSubdirectory("runnerfleet-bench-").FullName;
        try
        {
            var isClean = true;
            foreach (var (name, _, options) in Builds)
            {
                isClean &= await PublishAsync(name, Path.Combine(folder, name), options);
            }

            var results = Builds.ToDictionary(build => build.Name, _ => new List<Run>());
            for (var round = 0; round <= runs; round++)
            {
                foreach (var (name, program, _) in Builds)
                {
                    var run = await RunOnceAsync(folder, Path.Combine(folder, name, program));
                    if (round > 0) // the first reads the files from the disk
                    {
                        results[name].Add(run);
                    }
                }
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{runs} runs after one that does not count, {Environment.ProcessorCount} processors, by turns; a signed ping of GitHub by an HTTP API; median (min-max)."));
            foreach (var (name, program, _) in Builds)
            {
                var size = Directory.EnumerateFiles(Path.Combine(folder, name), "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".pdb", StringComparison.Ordinal) && !file.EndsWith(".dbg", StringComparison.Ordinal)).Sum(file => new FileInfo(file).Length);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{name,-12} first answer {Spell(results[name], run => run.First),-16} ms, of the processor {Spell(results[name], run => run.Processor),-14} ms   memory {Spell(results[name], run => run.Memory),-18} MiB   further answers {Median(results[name], run => run.Next):F2} ms   {size / 1e6:F1} MB"));
            }

            var aot = results[Builds[0].Name];
            var holds = isClean && Median(aot, run => run.First) < MostMilliseconds && Median(aot, run => run.Memory) < MostMebibytes;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"Native AOT {Median(aot, run => run.First):F0} ms, {Median(aot, run => run.Memory):F0} MiB, {(isClean ? "no warnings" : "WARNINGS")}; limits {MostMilliseconds} ms and {MostMebibytes} MiB {(holds ? "hold" : "ARE PASSED")}."));
            return holds ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <returns>Whether neither trimming nor compiling ahead of time warned of anything.</returns>
    private static async Task<bool> PublishAsync(string name, string output, string[] options)
    {
        var project = Path.Combine(Root(), "samples", "LambdaHost");
        var hasClang = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "clang")));
        var start = new ProcessStartInfo("dotnet", ["publish", project, "-c", "Release", "--use-current-runtime", "-o", output, "--nologo", "-p:TreatWarningsAsErrors=false", .. options, .. hasClang ? [] : Gcc]) { RedirectStandardOutput = true };
        using var publish = Process.Start(start)!;
        var text = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        if (publish.ExitCode != 0)
        {
            throw new InvalidOperationException($"Publishing {name} failed:\n{text}");
        }

        var warnings = text.Split('\n').Where(line => line.Contains("warning IL", StringComparison.Ordinal)).Distinct().ToList();
        warnings.ForEach(Console.WriteLine);
        return warnings.Count == 0;
    }

    private static async Task<Run> RunOnceAsync(string folder, string program)
    {
        await using var runtime = await BenchRuntime.StartAsync();
        var start = program.EndsWith(".dll", StringComparison.Ordinal) ? new ProcessStartInfo("dotnet", [program]) : new ProcessStartInfo(program);
        start.RedirectStandardOutput = true;
        start.WorkingDirectory = folder;
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["AWS_LAMBDA_RUNTIME_API"] = runtime.Address,
            ["AWS_REGION"] = "eu-central-1",
            ["AWS_ACCESS_KEY_ID"] = "bench",
            ["AWS_SECRET_ACCESS_KEY"] = "bench",
            ["RunnerFleet__Name"] = "bench",
            ["RunnerFleet__PublicUrl"] = "https://fleet.example",
            ["RunnerFleet__GitHub__WebhookSecret"] = Secret,
            ["RunnerFleet__GitHub__Token"] = "a-token",
            ["RunnerFleet__Aws__Ecs__Cluster"] = "runners",
            ["RunnerFleet__Aws__Ecs__Subnets__0"] = "subnet-0123456789abcdef0",
            ["RunnerFleet__Aws__Sqs__QueueUrl"] = "https://sqs.eu-central-1.amazonaws.com/123456789012/fleet",
        })
        {
            start.Environment[name] = value;
        }

        var payload = Ping();
        var first = runtime.InvokeAsync(payload);
        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        try
        {
            Check(await first);
            var firstTime = Stopwatch.GetElapsedTime(began);
            process.Refresh();
            var processor = process.TotalProcessorTime;
            began = Stopwatch.GetTimestamp();
            for (var i = 0; i < Warm; i++)
            {
                Check(await runtime.InvokeAsync(payload));
            }

            var next = Stopwatch.GetElapsedTime(began) / Warm;
            process.Refresh();
            return new(firstTime.TotalMilliseconds, processor.TotalMilliseconds, next.TotalMilliseconds, process.WorkingSet64 / 1048576.0);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    private static void Check(string answer)
    {
        if ((int?)JsonNode.Parse(answer)!["statusCode"] != 200)
        {
            throw new InvalidOperationException($"The function answered {answer}");
        }
    }

    private static string Ping()
    {
        var body = Encoding.UTF8.GetBytes("""{"zen":"Keep it logically awesome.","hook_id":1}""");
        return new JsonObject
        {
            ["version"] = "2.0",
            ["rawPath"] = "/webhook",
            ["headers"] = new JsonObject { ["content-type"] = "application/json", ["x-github-event"] = "ping", ["x-hub-signature-256"] = WebhookSignature.Sign(body, Secret) },
            ["requestContext"] = new JsonObject { ["stage"] = "$default", ["http"] = new JsonObject { ["method"] = "POST", ["path"] = "/webhook" } },
            ["body"] = Convert.ToBase64String(body),
            ["isBase64Encoded"] = true,
        }.ToJsonString();
    }

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "RunnerFleet.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("This measurement publishes samples/LambdaHost, so it must run within the repository.");
    }

    private static double Median(List<Run> runs, Func<Run, double> of) => runs.Select(of).Order().ElementAt(runs.Count / 2);

    private static string Spell(List<Run> runs, Func<Run, double> of) => string.Create(CultureInfo.InvariantCulture, $"{Median(runs, of):F0} ({runs.Min(of):F0}-{runs.Max(of):F0})");

    private sealed record Run(double First, double Processor, double Next, double Memory);
}
