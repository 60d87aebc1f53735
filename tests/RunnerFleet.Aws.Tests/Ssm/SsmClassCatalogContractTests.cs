using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Aws.Tests.Ssm;

/// <summary>The contract of catalogues that read from elsewhere, over the official client and the stand-in.</summary>
public sealed class SsmClassCatalogContractTests : RemoteRunnerClassCatalogContract, IAsyncDisposable
{
    private const string Parameter = "/fleet/classes";
    private readonly Account _account = new();
    private ServiceProvider? _services;
    private string? _document;

    protected override ValueTask<IRunnerClassCatalog> CreateCatalogAsync(IReadOnlyCollection<RunnerClass> classes)
    {
        _document = Spell(classes);
        _account.Aws.Ssm.Put(Parameter, _document);
        var services = _account.Services();
        services.AddRunnerFleet(_ => { }).UseSsmClasses(o => o.Parameter = Parameter);
        _services = services.BuildServiceProvider();
        return new(_services.GetRequiredService<IRunnerClassCatalog>());
    }

    protected override ValueTask BreakSourceAsync(bool broken)
    {
        _ = broken ? _account.Aws.Ssm.Remove(Parameter).ToString() : _account.Aws.Ssm.Put(Parameter, _document!);
        return default;
    }

    protected override ValueTask ExpireAsync()
    {
        _account.Clock.Advance(TimeSpan.FromMinutes(10));
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        if (_services is not null)
        {
            await _services.DisposeAsync();
        }
    }

    internal static string Spell(IReadOnlyCollection<RunnerClass> classes) => new JsonObject(classes.Select(one =>
    {
        var members = new JsonObject { ["cpu"] = one.Cpu, ["memory"] = one.MemoryMiB.ToString(CultureInfo.InvariantCulture), ["architecture"] = one.Architecture };
        if (one.DiskGiB is { } disk)
        {
            members["disk"] = disk;
        }

        if (one.Limit is { } limit)
        {
            members["limit"] = limit;
        }

        if (one.JobTimeLimit is { } time)
        {
            members["jobTimeLimitSeconds"] = (int)time.TotalSeconds;
        }

        if (one.Capacity == CapacityKind.Spot)
        {
            members["capacity"] = "spot";
        }

        return KeyValuePair.Create(one.Name, (JsonNode?)members);
    })).ToJsonString();
}
