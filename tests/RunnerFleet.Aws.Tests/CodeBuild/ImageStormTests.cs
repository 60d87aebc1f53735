using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Images;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Aws;

namespace RunnerFleet.Aws.Tests.CodeBuild;

/// <summary>Hosts that ask, die and come back, calls that fail before or after their effect, builds that end as they like: by a seed, so that a failure can be replayed.</summary>
public sealed class ImageStormTests
{
    private const int Steps = 80;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 150)];

    [Theory, MemberData(nameof(Seeds))]
    public async Task No_image_is_ever_built_twice_at_once_and_in_the_end_it_is_ready(int seed)
    {
        using var world = new CodeBuildWorld();
        var storm = new Storm(world, new Random(seed));
        for (var i = 0; i < Steps; i++)
        {
            await storm.StepAsync();
            Assert.True(world.Builds.Count(build => !build.IsComplete) <= 1, $"After step {i} of seed {seed}: {storm.Story}");
        }

        storm.Calm();
        var host = world.AddHost();
        ImageOutcome outcome = ImageOutcome.Missing.Instance;
        for (var i = 0; i < 40 && outcome is not ImageOutcome.Ready; i++)
        {
            world.Clock.Advance(TimeSpan.FromHours(1));
            outcome = await host.EnsureAsync(CodeBuildWorld.Ubuntu, world.Cancel);
        }

        Assert.True(outcome is ImageOutcome.Ready, $"Seed {seed} ends with {outcome.GetType().Name} after: {storm.Story}");
    }

    private sealed class Storm(CodeBuildWorld world, Random chance)
    {
        private static readonly string[] s_operations = ["StartBuild", "StartBuild", "BatchGetBuilds", "ListBuildsForProject", "DescribeImages"];
        private static readonly string[] s_ends = ["FAILED", "FAULT", "STOPPED", "TIMED_OUT"];

        private readonly CodeBuildImageBuilder?[] _hosts = new CodeBuildImageBuilder?[3];
        private readonly List<string> _story = [];
        private bool _isCalm;

        public string Story => string.Join("; ", _story);

        public async Task StepAsync()
        {
            var running = world.Builds.FirstOrDefault(build => !build.IsComplete);
            switch (chance.Next(10))
            {
                case 0:
                    Pass(TimeSpan.FromSeconds(chance.Next(1, 90)));
                    break;
                case 1:
                    Pass(TimeSpan.FromMinutes(chance.Next(1, 20)));
                    break;
                case 2 when chance.Next(5) == 0:
                    Pass(TimeSpan.FromDays(chance.Next(1, 30)));
                    break;
                case 3 when running is not null:
                    End(running);
                    break;
                case 4:
                    Trouble();
                    break;
                case 5 when world.Aws.Ecr.ListImages(CodeBuildWorld.Repository) is [.., var latest]:
                    await Ask("unavailable", host => host.ImageUnavailableAsync($"{world.RepositoryUri}@{latest.Digest}", world.Cancel));
                    break;
                case 6 when world.Builds is [.., var last]:
                    await Ask("read", host => host.ReadBuildAsync(last.Id, world.Cancel));
                    break;
                case 7:
                    await Ask("resolve", host => host.ResolveAsync(CodeBuildWorld.Ubuntu, world.Cancel));
                    break;
                default:
                    await Ask("ensure", host => host.EnsureAsync(CodeBuildWorld.Ubuntu, world.Cancel));
                    break;
            }
        }

        /// <summary>Nothing goes wrong any more, and builds succeed by themselves.</summary>
        public void Calm()
        {
            _isCalm = true;
            world.Store.BeforeCommit = world.Store.AfterCommit = null;
            world.Aws.CodeBuild.BuildDuration = TimeSpan.FromMinutes(3);
        }

        private void Pass(TimeSpan time)
        {
            _story.Add($"{time} pass");
            world.Clock.Advance(time);
        }

        private void End(CodeBuildStandInBuild build)
        {
            if (chance.Next(2) == 0)
            {
                _story.Add("a build succeeds");
                world.Aws.CodeBuild.Succeed(build.Id);
            }
            else
            {
                var end = s_ends[chance.Next(s_ends.Length)];
                _story.Add($"a build ends {end}");
                world.Aws.CodeBuild.End(build.Id, end, "Reason: exit status 1");
            }
        }

        private void Trouble()
        {
            var operation = s_operations[chance.Next(s_operations.Length)];
            switch (chance.Next(4))
            {
                case 0:
                    _story.Add($"{operation} will fail");
                    world.Aws.FailNext(1, operation, operation == "StartBuild" && chance.Next(2) == 0 ? "AccountLimitExceededException" : "InternalFailure", "No.", 500);
                    break;
                case 1:
                    _story.Add($"{operation} will lose its reply");
                    world.Aws.LoseNextReplies(1, operation);
                    break;
                case 2:
                    _story.Add("a commit will not be made");
                    world.Store.BeforeCommit = _ => Once(() => world.Store.BeforeCommit = null);
                    break;
                default:
                    _story.Add("a commit will be made and its reply lost");
                    world.Store.AfterCommit = _ => Once(() => world.Store.AfterCommit = null);
                    break;
            }
        }

        private static Task Once(Action forget)
        {
            forget();
            throw new StoreUnavailableException();
        }

        private async Task Ask(string what, Func<CodeBuildImageBuilder, Task> ask)
        {
            var index = chance.Next(_hosts.Length);
            var host = _hosts[index] ??= world.AddHost(o => o.MaxTries = 3, wrap: inner => new HookedCodeBuild(inner) { BeforeStart = MayDie, AfterStart = MayDie });
            _story.Add($"host {index} {what}");
            try
            {
                await ask(host);
            }
            catch (HostDied)
            {
                _story.Add($"host {index} dies");
                _hosts[index] = null;
            }
            catch (Exception trouble) when (trouble is StoreUnavailableException or Amazon.Runtime.AmazonServiceException or HttpRequestException or IOException)
            {
                _story.Add(trouble.GetType().Name); // of ImageUnavailableAsync, which the engine calls again
            }
        }

        private Task MayDie() => !_isCalm && chance.Next(6) == 0 ? throw new HostDied() : Task.CompletedTask;
    }
}
