using RunnerFleet.Provisioning;
using RunnerFleet.Testing.Fakes;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Sdk.Tests.Fakes;

public sealed class FakeFleetQueueContractTests : FleetQueueContract
{
    protected override ValueTask<IFleetQueue> CreateQueueAsync() => new(new FakeFleetQueue(Clock));
}
