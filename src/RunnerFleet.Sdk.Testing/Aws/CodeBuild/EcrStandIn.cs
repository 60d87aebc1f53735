using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace RunnerFleet.Testing.Aws;

/// <summary>Amazon ECR of an <see cref="AwsStandIn"/>: private repositories, and images by tag and digest.</summary>
public sealed class EcrStandIn
{
    private readonly Lock _gate;
    private readonly AwsStandIn _account;
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, List<EcrStandInImage>> _repositories = new(StringComparer.Ordinal);
    private int _pushes;

    internal EcrStandIn(AwsStandIn account, TimeProvider clock, Lock gate)
    {
        (_account, _clock, _gate) = (account, clock, gate);
        Service = new EcrStandInService(this, account);
    }

    internal AwsStandInService Service { get; }

    /// <summary>Creates a repository.</summary>
    /// <returns>Its address, as <c>docker push</c> takes it.</returns>
    /// <exception cref="ArgumentException">ECR takes no such name, or has it already.</exception>
    public string CreateRepository(string name)
    {
        if (!EcrStandInService.IsRepositoryName(name))
        {
            throw new ArgumentException($"ECR takes no repository named '{name}'.", nameof(name));
        }

        lock (_gate)
        {
            return _repositories.TryAdd(name, []) ? $"{_account.Account}.dkr.ecr.{_account.Region}.amazonaws.com/{name}" : throw new ArgumentException($"There is a repository '{name}' already.", nameof(name));
        }
    }

    /// <summary>Pushes an image; the tag leaves the image that had it.</summary>
    /// <param name="repository">The repository's name.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="content">Stands for the image's layers: the same content has the same digest, and pushing it again changes no time. <see langword="null"/>: content that was never pushed before.</param>
    /// <returns>The image's digest.</returns>
    /// <exception cref="ArgumentException">There is no such repository, or ECR takes no such tag.</exception>
    public string PutImage(string repository, string tag, string? content = null)
    {
        if (!EcrStandInService.IsTag(tag))
        {
            throw new ArgumentException($"ECR takes no tag '{tag}'.", nameof(tag));
        }

        lock (_gate)
        {
            var images = Images(repository);
            content ??= string.Create(CultureInfo.InvariantCulture, $"push {++_pushes} of {tag}");
            var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
            for (var i = 0; i < images.Count; i++)
            {
                images[i] = images[i] with { Tags = [.. images[i].Tags.Where(t => t != tag)] };
            }

            var same = images.FindIndex(image => image.Digest == digest);
            if (same >= 0)
            {
                images[same] = images[same] with { Tags = [.. images[same].Tags, tag] };
            }
            else
            {
                images.Add(new EcrStandInImage { Digest = digest, Tags = [tag], PushedAt = _clock.GetUtcNow(), Size = 150_000_000 + content.Length });
            }

            return digest;
        }
    }

    /// <summary>Deletes an image with all its tags, as a lifecycle policy does.</summary>
    /// <returns>Whether it was there.</returns>
    public bool DeleteImage(string repository, string digest)
    {
        lock (_gate)
        {
            return Images(repository).RemoveAll(image => image.Digest == digest) > 0;
        }
    }

    /// <summary>The images of a repository, in the order in which they were first pushed.</summary>
    /// <exception cref="ArgumentException">There is no such repository.</exception>
    public IReadOnlyList<EcrStandInImage> ListImages(string repository)
    {
        lock (_gate)
        {
            return [.. Images(repository)];
        }
    }

    internal IReadOnlyList<EcrStandInImage>? Find(string repository) => _repositories.GetValueOrDefault(repository);

    private List<EcrStandInImage> Images(string repository) =>
        _repositories.GetValueOrDefault(repository) ?? throw new ArgumentException($"There is no repository '{repository}'.", nameof(repository));
}
