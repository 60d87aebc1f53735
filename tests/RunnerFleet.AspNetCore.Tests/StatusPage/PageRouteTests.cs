using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using RunnerFleet.AspNetCore.Tests.Hosting;

namespace RunnerFleet.AspNetCore.Tests.StatusPage;

public sealed partial class PageRouteTests
{
    [Fact]
    public async Task The_page_runs_its_own_script_and_style_and_nothing_else()
    {
        await using var host = await FleetHost.StartAsync();

        var page = await host.GetAsync("/");

        Assert.Equal((200, "text/html; charset=utf-8"), (page.Status, page.ContentType));
        var policy = page.Headers["Content-Security-Policy"];
        Assert.StartsWith("default-src 'none';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("require-trusted-types-for 'script'", policy, StringComparison.Ordinal);
        Assert.Contains($"script-src '{Hash(page.Body, "script")}'", policy, StringComparison.Ordinal);
        Assert.Contains($"style-src '{Hash(page.Body, "style")}'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", page.Headers["X-Content-Type-Options"]);
        Assert.Equal("no-referrer", page.Headers["Referrer-Policy"]);
    }

    [Fact]
    public async Task It_needs_nothing_from_elsewhere()
    {
        await using var host = await FleetHost.StartAsync();

        Assert.Empty(Outside().Matches((await host.GetAsync("/")).Body));
    }

    [Theory]
    [InlineData("innerHTML")]
    [InlineData("outerHTML")]
    [InlineData("insertAdjacentHTML")]
    [InlineData("document.write")]
    [InlineData("eval(")]
    [InlineData("new Function")]
    [InlineData("DOMParser")]
    [InlineData("localStorage")]
    [InlineData("new EventSource")]
    public async Task Hostile_labels_find_nothing_that_makes_markup_of_text(string way)
    {
        await using var host = await FleetHost.StartAsync();

        Assert.DoesNotContain(way, (await host.GetAsync("/")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_holds_no_data_and_no_key()
    {
        await using var host = await FleetHost.StartAsync(FleetHost.WithKey);
        host.Fleet.Runners.Add(SampleData.Runner());

        var page = await host.GetAsync("/", (FleetHost.PeerHeader, "203.0.113.9"), ("Host", "fleet.example.com"), ("X-RunnerFleet-Key", FleetHost.ApiKey));

        Assert.Equal(200, page.Status);
        Assert.DoesNotContain(FleetHost.ApiKey, page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(SampleData.RunnerId, page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("octo", page.Body, StringComparison.Ordinal);
        Assert.Empty(host.Fleet.Asked<object>());
    }

    [Theory]
    [InlineData(FleetHost.PeerHeader, "203.0.113.9")]
    [InlineData("Host", "fleet.example.com")]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    public async Task Without_a_key_it_is_for_this_machine_only(string header, string value)
    {
        await using var host = await FleetHost.StartAsync();

        (await host.GetAsync("/", (header, value))).IsProblem(403, "RunnerFleet:Api:Key");
    }

    [Fact]
    public async Task Without_a_key_a_link_from_elsewhere_may_lead_to_it()
    {
        await using var host = await FleetHost.StartAsync();

        Assert.Equal(200, (await host.GetAsync("/", ("Sec-Fetch-Site", "cross-site"))).Status);
    }

    [Fact]
    public async Task It_knows_where_API_and_stream_are_mapped()
    {
        await using var host = await FleetHost.StartAsync(map: app =>
        {
            app.UsePathBase("/base\"<b>");
            app.UseRouting();
            app.MapRunnerFleetApi("/one");
            app.MapRunnerFleetEvents("/two");
            app.MapRunnerFleetStatusPage("/page");
        });

        var page = await host.GetAsync("/page");
        Assert.Contains("data-api=\"/one/api\" data-stream=\"/two/api/stream\"", page.Body, StringComparison.Ordinal);

        var based = await host.GetAsync("/base%22%3Cb%3E/page");
        Assert.Contains("data-api=\"/base%22%3Cb%3E/one/api\"", based.Body, StringComparison.Ordinal);
        Assert.Equal(200, (await host.GetAsync("/page/")).Status);
    }

    [Fact]
    public async Task It_knows_what_is_not_mapped()
    {
        await using var host = await FleetHost.StartAsync(map: app => app.MapRunnerFleetStatusPage());

        Assert.Contains("data-api=\"\" data-stream=\"\"", (await host.GetAsync("/")).Body, StringComparison.Ordinal);
        (await host.PostAsync("/", "")).IsProblem(405);
    }

    private static string Hash(string page, string element)
    {
        var begin = page.IndexOf($"<{element}>", StringComparison.Ordinal) + element.Length + 2;
        var end = page.IndexOf($"</{element}>", StringComparison.Ordinal);
        return "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(page[begin..end])));
    }

    [GeneratedRegex("(src|href)=\"(?!data:,)|url\\(|@import|https?://")]
    private static partial Regex Outside();
}
