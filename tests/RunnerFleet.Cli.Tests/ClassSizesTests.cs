namespace RunnerFleet.Cli.Tests;

public sealed class ClassSizesTests
{
    [Fact]
    public async Task Classes_are_listed_from_the_smallest_up_without_a_table()
    {
        await using var world = await CliWorld.CreateAsync();
        world.Variables.Remove("RUNNER_TABLE");
        world.Variables["CLASS_SIZES_PARAM"] = "/ci/sizes";
        world.Account.Ssm.Put("/ci/sizes", """{"big":{"cpu":4096,"memory":8192,"disk":100,"architecture":"arm64","limit":5,"jobTimeLimitSeconds":3600},"small":{"cpu":512,"memory":1024}}""");

        (await world.RunAsync("list-class-sizes")).MustSay(ExitCode.Ok, """
            CLASS  CPU   MEMORY  DISK  ARCHITECTURE  LIMIT
            small  512   1024    -     x64           -
            big    4096  8192    100   arm64         5
            """);
        (await world.RunAsync("list-class-sizes", "--output", "json")).MustSay(ExitCode.Ok, """
            {
              "items": [
                {
                  "name": "small",
                  "cpu": 512,
                  "memoryMiB": 1024,
                  "diskGiB": null,
                  "architecture": "x64",
                  "limit": null,
                  "jobTimeLimitSeconds": null
                },
                {
                  "name": "big",
                  "cpu": 4096,
                  "memoryMiB": 8192,
                  "diskGiB": 100,
                  "architecture": "arm64",
                  "limit": 5,
                  "jobTimeLimitSeconds": 3600
                }
              ],
              "hasMore": false
            }
            """);
    }

    [Fact]
    public async Task A_size_that_Fargate_does_not_run_is_listed_with_a_remark()
    {
        await using var world = await CliWorld.CreateAsync();
        world.Account.Ssm.Put("/ci/sizes", """{"odd":{"cpu":512,"memory":1500}}""");

        var run = await world.RunAsync("list-class-sizes", "--class-sizes-param", "/ci/sizes");

        Assert.Equal(ExitCode.Ok, run.Code);
        Assert.StartsWith($"Fargate does not run the class odd: {Compute.FargateSizes.Explain(512, 1500)}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_missing_or_wrong_is_said_in_one_line()
    {
        await using var world = await CliWorld.CreateAsync();

        (await world.RunAsync("list-class-sizes")).MustSay(ExitCode.Usage, "", "Which parameter? Set CLASS_SIZES_PARAM, or give --class-sizes-param.");
        (await world.RunAsync("list-class-sizes", "--class-sizes-param", "/no/such")).MustSay(ExitCode.Aws, "", "There is no parameter '/no/such' in eu-central-1. Are CLASS_SIZES_PARAM (--class-sizes-param) and the region right?");
        world.Account.Ssm.Put("/ci/sizes", """{"small":{"cpu":512}}""");
        (await world.RunAsync("list-class-sizes", "--class-sizes-param", "/ci/sizes")).MustSay(ExitCode.Aws, "", "Version 1 of the parameter '/ci/sizes' cannot be used, as a whole: 'memory' of the class 'small' is missing; write MiB.");
    }
}
