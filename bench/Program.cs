using RunnerFleet.Bench;
using RunnerFleet.Bench.Lambda;
using RunnerFleet.Bench.Load;

// One verb, one measurement: dotnet run -c Release --project bench -- <verb>
return args switch
{
    ["webhook", .. var rest] => WebhookBench.Run(rest),
    ["webhooks", .. var rest] => await WebhooksBench.RunAsync(rest),
    ["load", .. var rest] => await LoadBench.RunAsync(rest),
    ["lambda", .. var rest] => await LambdaBench.RunAsync(rest),
    ["soak", .. var rest] => SoakBench.Run(rest),
    [LoadHost.Verb, var path, var world, .. var rest] => await LoadBench.RunHostAsync(path, world, rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        Usage: dotnet run -c Release --project bench -- <verb>

          webhook   verifying and parsing a 10 KB workflow_job webhook, against the HMAC alone
          webhooks  webhooks per second through the host, per store, beside an endpoint that only computes the HMAC [--count 2000] [--connections 8]
          load      10,000 jobs through a host of its own: none lost, limits held, throughput, latency, memory; see bench/README.md for its options
          lambda    the Lambda function as Native AOT, ReadyToRun and JIT: first answer after the start of its process, and memory [--runs 10]
          soak      seed after seed through the fleet simulator, until a promise breaks or the seeds are over; in simulated time [--seeds 10000] [--first-seed 1]
        """);
    return 2;
}
