using RunnerFleet.Bench;

// One verb, one measurement: dotnet run -c Release --project bench -- <verb>
return args switch
{
    ["webhook", .. var rest] => WebhookBench.Run(rest),
    ["webhooks", .. var rest] => await WebhooksBench.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        Usage: dotnet run -c Release --project bench -- <verb>

          webhook   verifying and parsing a 10 KB workflow_job webhook, against the HMAC alone
          webhooks  webhooks per second through the host, per store, beside an endpoint that only computes the HMAC [--count 2000] [--connections 8]
        """);
    return 2;
}
