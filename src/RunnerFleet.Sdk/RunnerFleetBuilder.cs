using Microsoft.Extensions.DependencyInjection;

namespace RunnerFleet;

/// <summary>What <c>AddRunnerFleet()</c> returns. It carries the service collection and nothing else; every capability adds its verbs as extension methods.</summary>
public interface IRunnerFleetBuilder
{
    /// <summary>The collection that the fleet's services are in.</summary>
    IServiceCollection Services { get; }
}

internal sealed record RunnerFleetBuilder(IServiceCollection Services) : IRunnerFleetBuilder;
