using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using Microsoft.Extensions.DependencyInjection;

namespace RunnerFleet.Cli.Tests;

/// <summary>Each failure is one line on the error stream, with what to do, nothing on the output, and an exit code.</summary>
public sealed class FailureTests
{
    [Theory]
    [InlineData("Which table? Set RUNNER_TABLE (or RUNNER_STATE_TABLE), or give --runner-table.", "status")]
    [InlineData("Which table? Set RUNNER_TABLE (or RUNNER_STATE_TABLE), or give --runner-table.", "runners", "list")]
    [InlineData("Which parameter? Set CLASS_SIZES_PARAM, or give --class-sizes-param.", "list-class-sizes")]
    [InlineData("Which table? Set RUNNER_TABLE (or RUNNER_STATE_TABLE), or give --runner-table.", "cluster", "status", "ci")]
    public async Task A_missing_variable_is_named(string line, params string[] command)
    {
        await using var world = await CliWorld.CreateAsync();
        world.Variables.Remove("RUNNER_TABLE");

        (await world.RunAsync(command)).MustSay(ExitCode.Usage, "", line);
        (await world.RunAsync([.. command, "--output", "json"])).MustSay(ExitCode.Usage, "", line);
    }

    [Fact]
    public async Task Either_variable_of_the_original_names_the_table_and_an_option_goes_before_both()
    {
        await using var world = await CliWorld.CreateAsync();
        world.Variables.Remove("RUNNER_TABLE");
        world.Variables["RUNNER_STATE_TABLE"] = CliWorld.Table;
        Assert.Equal(ExitCode.Ok, (await world.RunAsync("runners", "list")).Code);

        world.Variables["RUNNER_TABLE"] = "elsewhere";
        Assert.Equal(ExitCode.Aws, (await world.RunAsync("runners", "list")).Code);
        Assert.Equal(ExitCode.Ok, (await world.RunAsync("runners", "list", "--runner-table", CliWorld.Table)).Code);
    }

    [Theory]
    [InlineData("--fleet must have 1 to 16 of a-z, 0-9 and '-', and neither begin nor end with '-'.", "--fleet", "Big Fleet")]
    [InlineData("--runner-table ('x') must have 3 to 255 of letters, digits, '_', '.' and '-'.", "--runner-table", "x", "--state-table", "x-state")]
    [InlineData("--runner-table and --state-table are both 'same'. They have different keys, so they must be two tables.", "--runner-table", "same", "--state-table", "same")]
    public async Task A_name_that_cannot_be_is_a_mistake(string line, params string[] options)
    {
        await using var world = await CliWorld.CreateAsync();

        (await world.RunAsync(["runners", "list", .. options])).MustSay(ExitCode.Usage, "", line);
        Assert.Empty(world.Account.Calls);
    }

    [Theory]
    [InlineData("Required command was not provided. See: runnerfleet runners --help", "runners")]
    [InlineData("Unrecognized command or argument '--stat'. See: runnerfleet runners list --help", "runners", "list", "--stat")]
    [InlineData("Required argument missing for command: 'details'. See: runnerfleet runners details --help", "runners", "details")]
    [InlineData("--state LOST is none of PENDING, IMAGE_CREATING, STARTING, WAITING_FOR_JOB, RUNNING, OFFLINE, FAILED. See: runnerfleet runners list --help", "runners", "list", "--state", "PENDING,LOST")]
    [InlineData("--limit must be 1 to 100000. See: runnerfleet jobs list --help", "jobs", "list", "--limit", "0")]
    [InlineData("--output must be table or json. See: runnerfleet runners list --help", "runners", "list", "--output", "yaml")]
    [InlineData("Unrecognized command or argument 'two lines'. See: runnerfleet runners list --help", "runners", "list", "two\nlines")]
    [InlineData("--timeout must be 1 to 86400 seconds. See: runnerfleet status --help", "status", "--timeout", "0")]
    public async Task A_wrong_command_line_says_where_help_is(string line, params string[] command)
    {
        await using var world = await CliWorld.CreateAsync();

        (await world.RunAsync(command)).MustSay(ExitCode.Usage, "", line);
    }

    [Fact]
    public async Task A_table_that_is_not_there_is_named_with_the_region()
    {
        await using var world = await CliWorld.CreateAsync();

        (await world.RunAsync("runners", "list", "--runner-table", "nowhere")).MustSay(ExitCode.Aws, "",
            "There is no table 'nowhere', or none with -state behind that name, in eu-central-1. Are RUNNER_TABLE (--runner-table) and the region right?");
        (await world.RunAsync("jobs", "list", "--state-table", "nowhere")).MustSay(ExitCode.Aws, "",
            "There is no table 'ci-runners' or 'nowhere' in eu-central-1. Are RUNNER_TABLE (--runner-table) and the region right?");
    }

    [Fact]
    public async Task The_table_of_the_Python_project_is_told_from_one_of_this_fleet()
    {
        await using var world = await CliWorld.CreateAsync();
        await world.DynamoDb.CreateTableAsync(new CreateTableRequest
        {
            TableName = "original",
            KeySchema = [new("runner_id", KeyType.HASH)],
            AttributeDefinitions = [new("runner_id", ScalarAttributeType.S)],
            BillingMode = BillingMode.PAY_PER_REQUEST,
        }, world.Cancel);

        var run = await world.RunAsync("runners", "list", "--runner-table", "original");

        Assert.Equal((ExitCode.Aws, ""), (run.Code, run.Output));
        Assert.StartsWith("The table 'original', or the one beside it, is none of RunnerFleet's of this version: ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ExpiredTokenException", "The security token included in the request is expired", "The AWS session has expired. Sign in again: aws sso login --profile ops, or renew the credentials.")]
    [InlineData("UnrecognizedClientException", "The security token included in the request is invalid.", "AWS does not know these credentials in eu-central-1 (UnrecognizedClientException). Another profile (--profile, AWS_PROFILE) or another region?")]
    [InlineData("AccessDeniedException", "User: arn:aws:iam::123456789012:user/me is not authorized to perform: dynamodb:Query\non resource: x", "AWS denies it: User: arn:aws:iam::123456789012:user/me is not authorized to perform: dynamodb:Query on resource: x. docs/cli.md lists the permissions that the tool needs.")]
    [InlineData("ThrottlingException", "Rate exceeded", "AWS asks for fewer requests in eu-central-1 (ThrottlingException). Try again in a while.")]
    [InlineData("LimitExceededElsewhere", "Too many of something.", "AWS answered LimitExceededElsewhere: Too many of something.")]
    public async Task What_AWS_refuses_is_said_in_words(string code, string message, string line)
    {
        await using var world = await CliWorld.CreateAsync();
        world.Account.FailNext(20, "Query", code, message);

        (await world.RunAsync("runners", "list", "--profile", "ops")).MustSay(ExitCode.Aws, "", line);
    }

    [Theory]
    [InlineData("Query condition missed key schema element: list_key")]
    [InlineData("The table does not have the specified index: by-demand")]
    public async Task A_table_of_another_shape_is_no_riddle(string message)
    {
        await using var world = await CliWorld.CreateAsync();
        world.Account.FailNext(20, "Query", "ValidationException", message);

        (await world.RunAsync("runners", "list")).MustSay(ExitCode.Aws, "", $"The table 'ci-runners', or the one beside it, is none of RunnerFleet's of this version: {message}");
    }

    [Fact]
    public async Task An_answer_without_a_reason_is_told_by_its_status()
    {
        await using var world = await CliWorld.CreateAsync();
        world.Account.FailNext(20, "Query", "", "", 403);

        (await world.RunAsync("runners", "list")).MustSay(ExitCode.Aws, "",
            "AWS, or what stands before it, answered HTTP status 403 in eu-central-1 and gave no reason. Are the region, AWS_ENDPOINT_URL and any proxy between right?");
    }

    [Fact]
    public async Task The_answer_to_a_wrong_signature_goes_nowhere_for_it_quotes_the_request()
    {
        await using var world = await CliWorld.CreateAsync();
        world.Account.FailNext(20, "Query", "InvalidSignatureException", "The Canonical String should have been x-amz-security-token:SECRET", 403);

        var run = await world.RunAsync("runners", "list", "--debug");

        Assert.Equal((ExitCode.Aws, ""), (run.Code, run.Output));
        Assert.DoesNotContain("SECRET", run.Error, StringComparison.Ordinal);
        Assert.Contains("InvalidSignatureException", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_that_AWS_does_not_know_are_no_stack_trace()
    {
        await using var world = await CliWorld.CreateAsync();
        world.Aws = aws => aws.Credentials = new BasicAWSCredentials("AKIAOTHER", "another secret");

        (await world.RunAsync("status")).MustSay(ExitCode.Aws, "", "AWS does not know these credentials in eu-central-1 (UnrecognizedClientException). Another profile (--profile, AWS_PROFILE) or another region?");
    }

    [Fact]
    public async Task Where_nobody_answers_the_region_and_the_network_are_named()
    {
        await using var world = await CliWorld.CreateAsync();
        world.Aws = aws => aws.DefaultClientConfig.ServiceURL = "http://127.0.0.1:1/";

        var run = await world.RunAsync("status");

        Assert.Equal((ExitCode.Aws, ""), (run.Code, run.Output));
        Assert.Matches("^AWS does not answer in eu-central-1 \\(.+\\)\\. Is the region right, and is there a network\\?\n$", run.Error);
    }

    [Fact]
    public async Task An_answer_that_does_not_come_is_waited_for_no_longer_than_told()
    {
        await using var world = await CliWorld.CreateAsync();
        using var server = new SilentServer();
        world.Aws = aws => (aws.DefaultClientConfig.ServiceURL, aws.DefaultClientConfig.Timeout) = (server.Url, TimeSpan.FromHours(1));

        var run = world.RunAsync("status", "--timeout", "5");
        await server.Called.WaitAsync(world.Cancel);
        world.Clock.Advance(TimeSpan.FromSeconds(5));

        (await run).MustSay(ExitCode.Aws, "", "AWS did not answer within 5 s in eu-central-1. Check the network, or wait longer with --timeout.");
    }

    [Fact]
    public async Task An_interruption_ends_a_call_under_way()
    {
        await using var world = await CliWorld.CreateAsync();
        using var server = new SilentServer();
        using var interruption = new CancellationTokenSource();
        world.Aws = aws => (aws.DefaultClientConfig.ServiceURL, aws.DefaultClientConfig.Timeout) = (server.Url, TimeSpan.FromHours(1));

        var run = world.RunAsync(["status"], null, interruption.Token);
        await server.Called.WaitAsync(world.Cancel);
        await interruption.CancelAsync();

        (await run).MustSay(ExitCode.Interrupted, "", "Interrupted.");
    }

    [Fact]
    public async Task A_question_can_be_interrupted_too()
    {
        await using var world = await CliWorld.CreateAsync();
        var runner = await world.RunnerOfAsync(await world.QueueAsync());
        using var interruption = new CancellationTokenSource();
        using var person = new SilentReader();
        world.Person = person;

        var run = world.RunAsync(["runners", "terminate", runner.Id, "--force"], null, interruption.Token);
        await person.Asked.WaitAsync(world.Cancel);
        await interruption.CancelAsync();

        Assert.Equal(ExitCode.Interrupted, (await run).Code);
        Assert.Null((await world.RunnerAsync(runner.Id)).Closing);
    }

    [Fact]
    public async Task Whoever_thinks_before_an_answer_may_take_time()
    {
        await using var world = await CliWorld.CreateAsync();
        var runner = await world.RunnerOfAsync(await world.QueueAsync());
        using var person = new SilentReader();
        world.Person = person;

        var run = world.RunAsync("runners", "terminate", runner.Id, "--force", "--timeout", "5");
        await person.Asked.WaitAsync(world.Cancel);
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        person.Say("yes");

        Assert.Equal(ExitCode.Ok, (await run).Code);
        Assert.NotNull((await world.RunnerAsync(runner.Id)).Closing);
    }

    [Fact]
    public async Task A_mistake_in_the_tool_is_one_line_too_and_a_stack_trace_only_when_asked_for()
    {
        await using var world = await CliWorld.CreateAsync();
        world.Services = services => services.AddSingleton<IRunnerFleet>(_ => throw new InvalidOperationException("A planted mistake."));

        (await world.RunAsync("status")).MustSay(ExitCode.Bug, "", "This should not happen: InvalidOperationException: A planted mistake. Run it again with --debug, and report what it shows.");
        Assert.Contains("   at RunnerFleet.Cli.", (await world.RunAsync("status", "--debug")).Error, StringComparison.Ordinal);
    }
}
