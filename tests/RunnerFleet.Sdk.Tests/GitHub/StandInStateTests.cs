using System.Security.Cryptography;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Tests.GitHub;

/// <summary>A stand-in whose process is killed, and the one that comes after with the same file.</summary>
public sealed class StandInStateTests : IDisposable
{
    private const string Repository = "octo-org/octo-repo";
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"standin-{RandomNumberGenerator.GetHexString(12)}.json");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public async Task The_next_one_knows_the_jobs_and_delivers_what_was_not_answered()
    {
        using var first = Make(deliverAutomatically: false, []);
        var job = first.QueueJob(Repository, ["self-hosted"], new() { Name = "lint", Duration = TimeSpan.FromSeconds(7) });

        var delivered = new List<StandInDelivery>();
        using var second = Make(deliverAutomatically: false, delivered);
        await second.DeliverPendingAsync(TestContext.Current.CancellationToken);
        using var third = Make(deliverAutomatically: false, delivered);
        await third.DeliverPendingAsync(TestContext.Current.CancellationToken);

        Assert.Equal((job.Id, "lint", "queued"), (second.Jobs.Single().Id, second.Jobs.Single().Name, third.Jobs.Single().Status));
        Assert.Equal((job.Id, "queued"), (Assert.Single(delivered).JobId, delivered[0].Action));
        Assert.True(third.QueueJob(Repository, ["self-hosted"]).Id > job.Id);
    }

    [Fact]
    public void A_file_that_holds_something_else_is_refused()
    {
        File.WriteAllText(_path, "not a state");
        Assert.Contains("Delete it", Assert.Throws<InvalidDataException>(() => Make(deliverAutomatically: false, [])).Message, StringComparison.Ordinal);
    }

    private GitHubStandIn Make(bool deliverAutomatically, List<StandInDelivery> delivered) => new(TimeProvider.System, new()
    {
        StatePath = _path,
        DeliverAutomatically = deliverAutomatically,
        Receiver = (delivery, _) =>
        {
            delivered.Add(delivery);
            return Task.FromResult(202);
        },
    });
}
