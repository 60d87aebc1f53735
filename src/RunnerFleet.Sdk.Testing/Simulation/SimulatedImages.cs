using RunnerFleet.Images;
using RunnerFleet.Provisioning;

namespace RunnerFleet.Testing.Simulation;

/// <summary>One host's way to the builder of images.</summary>
internal sealed class SimulatedImageBuilder(World world, SimulatedHost host) : IImageBuilder
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    public Task<ImageOutcome> ResolveAsync(ImageRequest request, CancellationToken cancellationToken) =>
        Call($"image.resolve {request.BaseImage}", () => world.Images.Resolve(request), cancellationToken);

    public Task<ImageOutcome> EnsureAsync(ImageRequest request, CancellationToken cancellationToken) =>
        Call($"image.ensure {request.BaseImage}", () => world.Images.Ensure(request), cancellationToken);

    public Task<ImageOutcome> ReadBuildAsync(string buildId, CancellationToken cancellationToken) =>
        Call($"image.read {buildId}", () => world.Images.Read(buildId), cancellationToken);

    private Task<ImageOutcome> Call(string what, Func<ImageOutcome> effect, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return world.Wire.CallAsync(host, what, Longest, 60, effect, () => new ImageOutcome.Unknown("A simulated reply was lost."), mayHang: true);
    }
}

/// <summary>The builder itself: one build for each image at a time; builds fail, hang, and their events get lost.</summary>
internal sealed class SimulatedImages(World world)
{
    /// <summary>An image that can never be built.</summary>
    public const string Broken = "broken";

    private static readonly TimeSpan HungFor = TimeSpan.FromHours(1);
    private readonly Dictionary<ImageRequest, string> _latest = [];
    private readonly Dictionary<string, ImageOutcome> _builds = new(StringComparer.Ordinal);

    public ImageOutcome Resolve(ImageRequest request) => _latest.TryGetValue(request, out var id) ? _builds[id] switch
    {
        ImageOutcome.Failed { RetryAfter: not null } => ImageOutcome.Missing.Instance,
        var outcome => outcome,
    } : ImageOutcome.Missing.Instance;

    public ImageOutcome Ensure(ImageRequest request) => Resolve(request) is ImageOutcome.Missing ? Start(request) : _builds[_latest[request]];

    public ImageOutcome Read(string buildId) => _builds.GetValueOrDefault(buildId) ?? ImageOutcome.Missing.Instance;

    private ImageOutcome Start(ImageRequest request)
    {
        var id = FormattableString.Invariant($"build-{_builds.Count + 1}");
        _latest[request] = id;
        _builds[id] = new ImageOutcome.Building(id);
        world.Log.Add($"image {id} of {request.BaseImage} begins");
        var takes = TimeSpan.FromSeconds(30) + world.Chance.Time(TimeSpan.FromMinutes(5));
        ImageOutcome end = request.BaseImage.Contains(Broken, StringComparison.Ordinal)
            ? new ImageOutcome.Failed("A simulated Dockerfile cannot be built.")
            : new ImageOutcome.Ready($"registry.example/runner:{id}");
        if (world.Chance.Fault(200))
        {
            world.Trouble("image build fails or hangs");
            (end, takes) = world.Chance.Pick(2) == 0
                ? (new ImageOutcome.Failed("A simulated build failed.", TimeSpan.FromMinutes(1)), takes)
                : (new ImageOutcome.Failed("A simulated build hung.", TimeSpan.FromMinutes(1)), HungFor);
        }

        world.Time.After(takes, () =>
        {
            _builds[id] = end;
            world.Log.Add($"image {id} ends: {end.GetType().Name}");
            if (!world.Chance.Fault(200)) // an event may be lost
            {
                world.Time.After(world.Chance.Time(TimeSpan.FromSeconds(5)), () => world.OnSomeHost("image event", h => h.Fleet.HandleEventAsync(new FleetEvent.ImageBuildChanged(id), CancellationToken.None)));
            }
        });
        return _builds[id];
    }
}
