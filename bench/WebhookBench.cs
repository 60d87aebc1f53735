using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using RunnerFleet.GitHub;

namespace RunnerFleet.Bench;

/// <summary>What a webhook costs until the fleet can decide, beside the cost that nobody can avoid: its HMAC.</summary>
[MemoryDiagnoser]
public class WebhookBench
{
    /// <summary>The design's promise (section 11).</summary>
    private const double AllowedRatio = 2;

    private const string Secret = "a webhook secret of usual length";

    private readonly byte[] _body = ReadBody();
    private readonly byte[] _key = Encoding.UTF8.GetBytes(Secret);
    private readonly byte[] _hash = new byte[HMACSHA256.HashSizeInBytes];
    private readonly string[] _secrets = [Secret];
    private string _signature = "";

    internal static int Run(string[] args)
    {
        var config = DefaultConfig.Instance
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "runnerfleet-bench"))
            .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(5).WithIterationCount(15));
        var summary = BenchmarkRunner.Run<WebhookBench>(config, args);
        return Judge(summary);
    }

    /// <summary>Signs the body once, as GitHub would.</summary>
    [GlobalSetup]
    public void Sign() => _signature = WebhookSignature.Sign(_body, Secret);

    /// <summary>The HMAC alone.</summary>
    [Benchmark(Baseline = true)]
    public int Hmac() => HMACSHA256.HashData(_key, _body, _hash);

    /// <summary>Parsing alone.</summary>
    [Benchmark]
    public bool Parse() => WorkflowJobParser.TryParse(_body, out _, out _);

    /// <summary>Verifying and parsing, as the fleet does with every webhook.</summary>
    [Benchmark]
    public bool VerifyAndParse() =>
        WebhookSignature.Verify(_body, _signature, _secrets) == WebhookSignatureResult.Valid
        && WorkflowJobParser.TryParse(_body, out _, out _);

    private static int Judge(Summary summary)
    {
        double Median(string name) => summary.Reports.First(report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name == name).ResultStatistics!.Median;
        var ratio = Median(nameof(VerifyAndParse)) / Median(nameof(Hmac));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Verify and parse costs {ratio:F2} times the HMAC alone; at most {AllowedRatio:F0} is allowed."));
        return ratio <= AllowedRatio ? 0 : 1;
    }

    private static byte[] ReadBody()
    {
        using var stream = typeof(WebhookBench).Assembly.GetManifestResourceStream("workflow_job.queued.json")!;
        var body = new byte[stream.Length];
        stream.ReadExactly(body);
        return body;
    }
}
