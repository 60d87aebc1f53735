using System.Text;
using RunnerFleet.AspNetCore.Tests.Hosting;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.AspNetCore.Tests.RunnerRoutes;

public sealed class ClaimRouteTests : IAsyncLifetime
{
    private const int MaxBody = 4096;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(45);
    private const string Secret = "claim-secret-of-this-runner";
    private const string Body = $$"""{"runnerId":"{{SampleData.RunnerId}}","attempt":2}""";
    private static readonly (string, string) Bearer = ("Authorization", "Bearer " + Secret);
    private FleetHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await FleetHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_claim_is_answered_with_its_registration_which_nothing_may_keep()
    {
        Answers(new ClaimOutcome.Registered { RunnerName = "rf-test-1", EncodedJitConfig = "jit-config-text", ReportToken = "report-token-text" });

        var answer = await ClaimAsync(Body, Bearer);

        Assert.Equal(200, answer.Status);
        Assert.Equal("""{"runnerName":"rf-test-1","jitConfig":"jit-config-text","reportToken":"report-token-text"}""", answer.Body);
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
        var request = Assert.Single(_host.Fleet.Asked<ClaimRequest>());
        Assert.Equal((SampleData.RunnerId, 2, Secret), (request.RunnerId, request.Attempt, request.Secret));
        _host.LogsAreCalm(Secret, "jit-config-text", "report-token-text");
    }

    [Fact]
    public async Task A_wrong_secret_is_answered_401()
    {
        var answer = (await ClaimAsync(Body, Bearer)).IsProblem(401);

        Assert.StartsWith("Bearer", answer.Headers["WWW-Authenticate"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer a b")]
    [InlineData("Basic YTpi")]
    [InlineData("claim-secret-of-this-runner")]
    public async Task A_claim_without_a_bearer_secret_is_answered_401_and_not_read(string? authorization)
    {
        var answer = authorization is null ? await ClaimAsync("not json") : await ClaimAsync("not json", ("Authorization", authorization));

        answer.IsProblem(401, "Authorization: Bearer");
        Assert.Empty(_host.Fleet.Asked<ClaimRequest>());
    }

    [Fact]
    public async Task A_runner_without_a_future_is_told_410_and_why()
    {
        Answers(new ClaimOutcome.Gone(Reason.Of(ReasonCodes.ClaimsExhausted, "It claimed three times.")));

        var answer = (await ClaimAsync(Body, Bearer)).IsProblem(410, "three times");

        Assert.Equal("CLAIMS_EXHAUSTED", answer.Json.GetProperty("code").GetString());
        Assert.Equal("It claimed three times.", answer.Json.GetProperty("message").GetString());
    }

    [Theory]
    [InlineData(0, "1")]
    [InlineData(1.2, "2")]
    [InlineData(90, "90")]
    public async Task A_busy_fleet_says_when_to_ask_again(double seconds, string retryAfter)
    {
        Answers(new ClaimOutcome.Busy("GitHub asks for fewer calls.", TimeSpan.FromSeconds(seconds)));

        Assert.Equal(retryAfter, (await ClaimAsync(Body, Bearer)).IsProblem(503).Headers["Retry-After"]);
    }

    [Fact]
    public async Task A_store_that_cannot_be_reached_is_answered_503_with_Retry_After()
    {
        _host.Fleet.OnClaim = (_, _) => throw new StoreUnavailableException("secret place of the store");

        var answer = (await ClaimAsync(Body, Bearer)).IsProblem(503, "store");

        Assert.DoesNotContain("secret place", answer.Body, StringComparison.Ordinal);
        Assert.True(int.Parse(answer.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture) >= 1);
    }

    [Fact]
    public async Task A_claim_that_takes_too_long_is_answered_503()
    {
        _host.Fleet.OnClaim = async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return ClaimOutcome.Unauthorized.Instance;
        };
        var claiming = ClaimAsync(Body, Bearer);
        await Eventually.SoAsync(() => _host.Fleet.Asked<ClaimRequest>().Any(), "the fleet was asked");
        _host.Clock.Advance(Limit);

        Assert.Equal("5", (await claiming).IsProblem(503).Headers["Retry-After"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{")]
    [InlineData("\"text\"")]
    [InlineData("""{"runnerId":"01JZ0000000000000000000001"}""")]
    [InlineData("""{"runnerId":"01JZ0000000000000000000001","attempt":0}""")]
    [InlineData("""{"runnerId":"01JZ0000000000000000000001","attempt":"1"}""")]
    [InlineData("""{"runnerId":"01JZ0000000000000000000001","attempt":99999999999}""")]
    [InlineData("""{"runnerId":"../../etc/passwd","attempt":1}""")]
    [InlineData("""{"runnerId":7,"attempt":1}""")]
    [InlineData("""{"runnerId":null,"attempt":1}""")]
    public async Task A_malformed_body_is_answered_400(string body)
    {
        (await ClaimAsync(body, Bearer)).IsProblem(400);
        Assert.Empty(_host.Fleet.Asked<ClaimRequest>());
        _host.LogsAreCalm(Secret);
    }

    [Fact]
    public async Task Invalid_UTF_8_and_deep_nesting_are_answered_400()
    {
        (await _host.SendAsync(HttpMethod.Post, "/runner/claim", new ByteArrayContent([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), Bearer)).IsProblem(400);
        (await ClaimAsync(new string('[', 4000), Bearer)).IsProblem(400);
    }

    [Fact]
    public async Task A_body_over_4_KB_is_answered_413()
    {
        (await ClaimAsync(Body.PadRight(MaxBody), Bearer)).IsProblem(401);
        (await ClaimAsync(Body.PadRight(MaxBody + 1), Bearer)).IsProblem(413);
    }

    [Fact]
    public async Task A_member_that_a_later_runner_sends_is_no_fault()
    {
        (await ClaimAsync($$"""{"runnerId":"{{SampleData.RunnerId}}","attempt":1,"version":"9"}""", Bearer)).IsProblem(401);
        Assert.Single(_host.Fleet.Asked<ClaimRequest>());
    }

    [Fact]
    public async Task The_answers_to_runners_are_left_out_of_a_hosts_own_request_log()
    {
        await using var host = await FleetHost.StartAsync(map: app =>
        {
            Microsoft.AspNetCore.Builder.HttpLoggingBuilderExtensions.UseHttpLogging(app);
            FleetHost.MapAll(app);
        }, configure: builder => Microsoft.Extensions.DependencyInjection.HttpLoggingServicesExtensions.AddHttpLogging(builder.Services, options =>
        {
            options.LoggingFields = Microsoft.AspNetCore.HttpLogging.HttpLoggingFields.All;
            options.RequestHeaders.Add("Authorization");
        }));
        host.Fleet.OnClaim = (_, _) => Task.FromResult<ClaimOutcome>(new ClaimOutcome.Registered { RunnerName = "rf-test-1", EncodedJitConfig = "jit-config-text", ReportToken = "report-token-text" });

        await host.PostAsync("/runner/claim", Body, Bearer);

        Assert.Contains(host.Logs.Lines, line => line.Category.Contains("HttpLogging", StringComparison.Ordinal));
        host.LogsAreCalm(Secret, "jit-config-text", "report-token-text");
    }

    private void Answers(ClaimOutcome outcome) => _host.Fleet.OnClaim = (_, _) => Task.FromResult(outcome);

    private Task<Answer> ClaimAsync(string body, params (string, string)[] headers) =>
        _host.SendAsync(HttpMethod.Post, "/runner/claim", new StringContent(body, Encoding.UTF8, "text/plain"), headers);
}
