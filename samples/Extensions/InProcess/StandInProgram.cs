using Microsoft.Extensions.DependencyInjection;
using RunnerFleet;
using RunnerFleet.Compute;
using RunnerFleet.Provisioning;
using RunnerFleet.Testing.GitHub;

namespace Extensions.InProcess;

/// <summary>A program for <see cref="InProcessLauncher"/>: claims as any runner does, and then behaves as GitHub's runner would towards a stand-in of GitHub.</summary>
public sealed class StandInProgram(IServiceProvider services, GitHubStandIn gitHub, TimeProvider clock)
{
    private const int Refused = 1;

    /// <summary>Asks for the registration, again while the fleet is busy, and runs one job.</summary>
    public async Task<int> RunAsync(LaunchRequest request, CancellationToken stop)
    {
        var fleet = services.GetRequiredService<IRunnerFleet>(); // asked late: the fleet itself needs the launcher
        var claim = new ClaimRequest
        {
            RunnerId = request.Identity.RunnerId,
            Attempt = request.Identity.Attempt,
            Secret = request.Environment[RunnerEnvironment.ClaimSecret],
        };
        while (true)
        {
            switch (await fleet.ClaimAsync(claim, stop))
            {
                case ClaimOutcome.Registered registered:
                    return await StandInRunner.RunAsync(registered.EncodedJitConfig, TextWriter.Null, clock, gitHub.CreateHandler(), stop);
                case ClaimOutcome.Busy busy:
                    await Task.Delay(busy.RetryAfter, clock, stop);
                    break;
                default:
                    return Refused;
            }
        }
    }
}
