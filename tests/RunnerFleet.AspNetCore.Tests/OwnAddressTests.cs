using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RunnerFleet.AspNetCore.Tests.Hosting;

namespace RunnerFleet.AspNetCore.Tests;

public sealed class OwnAddressTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("/", "")]
    [InlineData("/fleet", "fleet")]
    [InlineData("a/b/", "a/b")]
    public async Task The_bound_loopback_address_and_the_prefix_are_where_runners_claim(string prefix, string path)
    {
        await using var host = await FleetHost.StartAsync(map: app => app.MapRunnerFleet(prefix));

        var url = host.Services.GetRequiredService<IControlPlaneAddress>().Url!;

        Assert.Equal(new Uri(host.Address, path), url);
        using var response = await host.Client.PostAsync(url.ToString().TrimEnd('/') + "/runner/claim", new StringContent("{}"));
        Assert.Equal(401, (int)response.StatusCode);
    }

    [Fact]
    public async Task The_public_address_goes_first()
    {
        await using var host = await FleetHost.StartAsync(new() { ["RunnerFleet:PublicUrl"] = "https://fleet.example.com/x" }, app => app.MapRunnerFleet());

        Assert.Equal(new Uri("https://fleet.example.com/x"), host.Services.GetRequiredService<IControlPlaneAddress>().Url);
    }

    [Theory]
    [InlineData("http://127.0.0.1:5080", "http://127.0.0.1:5080/")]
    [InlineData("http://[::1]:5080", "http://[::1]:5080/")]
    [InlineData("http://localhost:5080", "http://localhost:5080/")]
    [InlineData("https://localhost:5081 http://10.0.0.1:80 http://localhost:5080 http://127.0.0.1:1", "http://localhost:5080/")]
    [InlineData("https://localhost:5081", null)]
    [InlineData("http://10.0.0.1:80", null)]
    [InlineData("http://[::]:8080", null)]
    [InlineData("http://0.0.0.0:8080", null)]
    [InlineData("http://*:8080", null)]
    [InlineData("http://unix:/run/fleet.sock", null)]
    [InlineData("", null)]
    public void Only_a_loopback_http_address_is_ones_own(string bound, string? expected)
    {
        var server = new BoundServer(bound.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        using var services = new ServiceCollection().AddSingleton<IServer>(server).BuildServiceProvider();

        var address = new OwnAddress(services, new MappedRoutes { Runners = "" }, Options.Create(new RunnerFleetOptions()));

        Assert.Equal(expected, address.Url?.ToString());
    }

    [Fact]
    public void It_is_not_known_before_the_routes_are_mapped_or_the_server_is_bound()
    {
        var server = new BoundServer([]);
        using var services = new ServiceCollection().AddSingleton<IServer>(server).BuildServiceProvider();
        var routes = new MappedRoutes();
        var address = new OwnAddress(services, routes, Options.Create(new RunnerFleetOptions()));

        Assert.Null(address.Url);
        routes.Runners = "/fleet";
        Assert.Null(address.Url);
        server.Features.Get<IServerAddressesFeature>()!.Addresses.Add("http://127.0.0.1:5080");
        Assert.Equal("http://127.0.0.1:5080/fleet", address.Url?.ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_address_of_the_users_own_stays(bool before)
    {
        void AddOwn(IServiceCollection services) => services.AddSingleton<IControlPlaneAddress>(new Fixed());
        await using var host = await FleetHost.StartAsync(map: app => app.MapRunnerFleet(), configure: builder =>
        {
            if (before)
            {
                AddOwn(builder.Services);
            }
            else
            {
                new Builder(builder.Services).AddAspNetCore();
                AddOwn(builder.Services);
            }
        });

        Assert.Equal("http://own/", host.Services.GetRequiredService<IControlPlaneAddress>().Url?.ToString());
    }

    [Theory]
    [InlineData("/{tenant}")]
    [InlineData("/a b")]
    [InlineData("/a?b")]
    public async Task A_prefix_that_is_no_plain_path_is_refused(string prefix)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => FleetHost.StartAsync(map: app => app.MapRunnerFleet(prefix)));
    }

    private sealed record Builder(IServiceCollection Services) : IRunnerFleetBuilder;

    private sealed class Fixed : IControlPlaneAddress
    {
        public Uri Url { get; } = new("http://own/");
    }

    private sealed class BoundServer : IServer
    {
        public BoundServer(string[] addresses)
        {
            var feature = new ServerAddressesFeature();
            foreach (var address in addresses)
            {
                feature.Addresses.Add(address);
            }

            Features.Set<IServerAddressesFeature>(feature);
        }

        public IFeatureCollection Features { get; } = new FeatureCollection();

        public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken) where TContext : notnull => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose() { }
    }
}
