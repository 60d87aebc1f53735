using System.Text;
using RunnerFleet.AspNetCore.Tests.Hosting;

namespace RunnerFleet.AspNetCore.Tests.Access;

/// <summary>Who may see the fleet: the same rule at every address that shows it.</summary>
public sealed class ApiAccessTests
{
    public static TheoryData<string> Guarded =>
    [
        "GET /api/fleet", "GET /api/classes", "GET /api/runners", "GET /api/jobs", "GET /api/stream",
        $"GET /api/runners/{SampleData.RunnerId}", "GET /api/jobs/1", $"POST /api/runners/{SampleData.RunnerId}/terminate",
    ];

    [Theory]
    [MemberData(nameof(Guarded))]
    public async Task With_a_key_nobody_passes_without_it(string request)
    {
        await using var host = await FleetHost.StartAsync(FleetHost.WithKey);

        var answer = (await AskAsync(host, request, ("X-RunnerFleet", "1"))).IsProblem(401, "X-RunnerFleet-Key");

        Assert.StartsWith("Bearer", answer.Headers["WWW-Authenticate"], StringComparison.Ordinal);
        Assert.Empty(host.Fleet.Asked<object>());
        host.LogsAreCalm(FleetHost.ApiKey);
    }

    [Theory]
    [MemberData(nameof(Guarded))]
    public async Task Without_a_key_nobody_passes_from_elsewhere(string request)
    {
        await using var host = await FleetHost.StartAsync();

        (await AskAsync(host, request, ("X-RunnerFleet", "1"), (FleetHost.PeerHeader, "203.0.113.9"))).IsProblem(403, "RunnerFleet:Api:Key");

        Assert.Empty(host.Fleet.Asked<object>());
    }

    [Theory]
    [InlineData("X-RunnerFleet-Key", FleetHost.ApiKey)]
    [InlineData("x-runnerfleet-key", FleetHost.ApiKey)]
    [InlineData("Authorization", "Bearer " + FleetHost.ApiKey)]
    [InlineData("Authorization", "bearer " + FleetHost.ApiKey)]
    public async Task The_key_opens_the_API_from_anywhere_and_through_proxies(string header, string value)
    {
        await using var host = await FleetHost.StartAsync(FleetHost.WithKey);

        var answer = await host.GetAsync("/api/fleet", (header, value), (FleetHost.PeerHeader, "203.0.113.9"), ("X-Forwarded-For", "198.51.100.1"), ("Host", "fleet.example.com"), ("Origin", "https://elsewhere.example"));

        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task With_the_key_a_deed_needs_no_further_header()
    {
        await using var host = await FleetHost.StartAsync(FleetHost.WithKey);

        (await AskAsync(host, $"POST /api/runners/{SampleData.RunnerId}/terminate", ("X-RunnerFleet-Key", FleetHost.ApiKey))).IsProblem(404);
    }

    [Theory]
    [InlineData("X-RunnerFleet-Key", "")]
    [InlineData("X-RunnerFleet-Key", "0123456789abcdef-keY")]
    [InlineData("X-RunnerFleet-Key", "0123456789abcdef-key-and-more")]
    [InlineData("X-RunnerFleet-Key", "0123456789abcdef")]
    [InlineData("X-RunnerFleet-Key", "Bearer 0123456789abcdef-key")]
    [InlineData("Authorization", "0123456789abcdef-key")]
    [InlineData("Authorization", "Basic 0123456789abcdef-key")]
    [InlineData("Authorization", "Bearer 0123456789abcdef-key x")]
    [InlineData("X-RunnerFleet", "0123456789abcdef-key")]
    [InlineData("Cookie", "X-RunnerFleet-Key=0123456789abcdef-key")]
    public async Task A_wrong_form_of_the_key_does_not(string header, string value)
    {
        await using var host = await FleetHost.StartAsync(FleetHost.WithKey);

        (await host.GetAsync("/api/fleet", (header, value))).IsProblem(401);
    }

    [Fact]
    public async Task A_key_in_the_address_does_not_either()
    {
        await using var host = await FleetHost.StartAsync(FleetHost.WithKey);

        (await host.GetAsync($"/api/fleet?key={FleetHost.ApiKey}&X-RunnerFleet-Key={FleetHost.ApiKey}")).IsProblem(401);
    }

    [Fact]
    public async Task A_key_sent_twice_is_not_one_key()
    {
        await using var host = await FleetHost.StartAsync(FleetHost.WithKey);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/fleet");
        request.Headers.Add("X-RunnerFleet-Key", new[] { FleetHost.ApiKey, "other" });
        using var response = await host.Client.SendAsync(request);

        Assert.Equal(401, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1:5080")]
    [InlineData("127.8.9.10", "localhost:5080")]
    [InlineData("::1", "[::1]:5080")]
    [InlineData("::ffff:127.0.0.1", "LOCALHOST")]
    [InlineData("::ffff:127.0.0.9", "127.0.0.2")]
    public async Task Without_a_key_this_machine_is_answered(string peer, string host)
    {
        await using var fleet = await FleetHost.StartAsync();

        Assert.Equal(200, (await fleet.GetAsync("/api/fleet", (FleetHost.PeerHeader, peer), ("Host", host))).Status);
    }

    [Theory]
    [InlineData("203.0.113.9")]
    [InlineData("10.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("fe80::1")]
    [InlineData("none")]
    public async Task Without_a_key_another_peer_is_not(string peer) => await RefusesAsync("another machine", (FleetHost.PeerHeader, peer));

    [Theory]
    [InlineData("fleet.example.com")]
    [InlineData("127.0.0.1.example.com")]
    [InlineData("localhost.example.com")]
    [InlineData("10.0.0.1:5080")]
    [InlineData("0.0.0.0")]
    [InlineData("[::ffff:10.0.0.1]")]
    public async Task Without_a_key_a_foreign_Host_is_DNS_rebinding(string host) => await RefusesAsync("Host", ("Host", host));

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-Host", "localhost")]
    [InlineData("x-forwarded-proto", "http")]
    [InlineData("X-Forwarded-Anything", "1")]
    [InlineData("Forwarded", "for=127.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("X-Real-IP", "127.0.0.1")]
    [InlineData("X-Original-For", "127.0.0.1")]
    [InlineData("CF-Connecting-IP", "127.0.0.1")]
    public async Task Without_a_key_a_proxy_is_refused_since_it_makes_strangers_local(string header, string value) => await RefusesAsync("proxy", (header, value));

    [Theory]
    [InlineData("https://elsewhere.example")]
    [InlineData("null")]
    [InlineData("http://127.0.0.1.example.com")]
    [InlineData("http://localhost:1")]
    [InlineData("")]
    public async Task Without_a_key_another_sites_Origin_is_refused(string origin) => await RefusesAsync("Origin", ("Origin", origin));

    [Theory]
    [InlineData("cross-site")]
    [InlineData("same-site")]
    [InlineData("nonsense")]
    public async Task Without_a_key_a_browser_that_another_site_sent_is_refused(string site) => await RefusesAsync("another site", ("Sec-Fetch-Site", site));

    [Theory]
    [InlineData("same-origin")]
    [InlineData("none")]
    public async Task Without_a_key_the_own_page_is_answered(string site)
    {
        await using var host = await FleetHost.StartAsync();

        Assert.Equal(200, (await host.GetAsync("/api/fleet", ("Origin", host.Address.GetLeftPart(UriPartial.Authority)), ("Sec-Fetch-Site", site))).Status);
    }

    [Fact]
    public async Task Without_a_key_a_deed_needs_the_header_that_no_foreign_form_can_send()
    {
        await using var host = await FleetHost.StartAsync();
        var path = $"POST /api/runners/{SampleData.RunnerId}/terminate";

        (await AskAsync(host, path)).IsProblem(403, "X-RunnerFleet");
        (await AskAsync(host, path, ("X-RunnerFleet", "anything"))).IsProblem(404);
    }

    [Fact]
    public async Task A_request_of_HTTP_1_0_without_Host_is_refused()
    {
        await using var host = await FleetHost.StartAsync();
        await using var connection = await host.ConnectAsync();
        await connection.WriteAsync("GET /api/fleet HTTP/1.0\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(connection, Encoding.ASCII);

        Assert.StartsWith("HTTP/1.1 403", await reader.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_GitHub_and_runners_call_needs_no_API_key()
    {
        await using var host = await FleetHost.StartAsync(FleetHost.WithKey);

        Assert.Equal(200, (await host.PostAsync("/webhook", "{}", (FleetHost.PeerHeader, "203.0.113.9"), ("X-Forwarded-For", "1.2.3.4"))).Status);
        (await host.PostAsync("/runner/claim", "{}", (FleetHost.PeerHeader, "203.0.113.9"))).IsProblem(401, "the runner's secret");
    }

    private static async Task RefusesAsync(string why, params (string, string)[] headers)
    {
        await using var host = await FleetHost.StartAsync();

        (await AskAsync(host, "GET /api/fleet", headers)).IsProblem(403, why);
        (await AskAsync(host, $"POST /api/runners/{SampleData.RunnerId}/terminate", [.. headers, ("X-RunnerFleet", "1")])).IsProblem(403, why);
        host.LogsAreCalm();
    }

    private static Task<Answer> AskAsync(FleetHost host, string request, params (string, string)[] headers)
    {
        var words = request.Split(' ');
        return host.SendAsync(new HttpMethod(words[0]), words[1], null, headers);
    }
}
