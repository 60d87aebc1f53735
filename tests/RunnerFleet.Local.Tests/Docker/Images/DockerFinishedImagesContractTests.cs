using RunnerFleet.Images;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Local.Tests.Docker.Images;

public sealed class DockerFinishedImagesContractTests : ImageBuilderContract
{
    private ImageWorld? _world;
    private RegistryStandIn? _registry;
    private int _images;

    protected override async ValueTask<IImageBuilder> CreateBuilderAsync()
    {
        _world = await ImageWorld.CreateAsync();
        _registry = await RegistryStandIn.StartAsync(_world);
        return _world.CreateFinished();
    }

    protected override ImageRequest CreateRequest()
    {
        var image = _registry!.Put(_world!.Repository + "/finished", $"{++_images}", $"hello {_images} of {_world.Repository}", ImageWorld.Architecture);
        return new ImageRequest { BaseImage = image, Architecture = ImageWorld.Architecture };
    }

    protected override ImageRequest? CreateUnbuildableRequest() => new() { BaseImage = $"{_registry!.Host}/nobody/nothing:1", Architecture = ImageWorld.Architecture };

    protected override int? CountBuilds(ImageRequest request) => _world!.Log.CountPulls(request.BaseImage);

    protected override async ValueTask CleanUpAsync()
    {
        await _world!.DisposeAsync();
        await _registry!.DisposeAsync();
    }
}
