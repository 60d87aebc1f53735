using RunnerFleet.Bench;

// One verb, one measurement: dotnet run -c Release --project bench -- <verb>
return args switch
{
    ["webhook", .. var rest] => WebhookBench.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        Usage: dotnet run -c Release --project bench -- <verb>

          webhook   verifying and parsing a 10 KB workflow_job webhook, against the HMAC alone
        """);
    return 2;
}
