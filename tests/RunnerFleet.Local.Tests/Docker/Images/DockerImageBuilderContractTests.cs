using RunnerFleet.Images;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Local.Tests.Docker.Images;

public sealed class DockerImageBuilderContractTests : ImageBuilderContract
{
    private readonly Queue<ImageRequest> _requests = new();
    private ImageWorld? _world;

    protected override async ValueTask<IImageBuilder> CreateBuilderAsync()
    {
        _world = await ImageWorld.CreateAsync();
        _requests.Enqueue(await _world.NewRequestAsync());
        _requests.Enqueue(await _world.NewRequestAsync());
        return _world.CreateBuilder();
    }

    protected override ImageRequest CreateRequest() => _requests.Dequeue();

    protected override ImageRequest? CreateUnbuildableRequest()
    {
        _world!.Write("hello.sh", "#!/bin/sh\necho there is no hello\nexit 3\n");
        return _requests.Dequeue();
    }

    protected override int? CountBuilds(ImageRequest request) => _world!.Log.CountBuilds(request.BaseImage);

    protected override async ValueTask CleanUpAsync() => await _world!.DisposeAsync();
}
