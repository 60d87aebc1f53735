using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RunnerFleet.Testing.Aws;

/// <summary>ECR's API (Amazon ECR API Reference).</summary>
internal sealed partial class EcrStandInService(EcrStandIn ecr, AwsStandIn account) : AwsStandInService("AmazonEC2ContainerRegistry_V20150921", "ecr")
{
    private const string InvalidParameter = "InvalidParameterException";

    public static bool IsRepositoryName(string name) => name.Length is >= 2 and <= 256 && RepositoryGrammar().IsMatch(name);

    public static bool IsTag(string tag) => TagGrammar().IsMatch(tag);

    public override JsonObject Answer(string operation, JsonElement body) => operation switch
    {
        "DescribeImages" => DescribeImages(new StandInInput(body, InvalidParameter, ["registryId", "repositoryName", "imageIds", "nextToken", "maxResults", "filter"])),
        _ => throw UnknownOperation(operation),
    };

    private JsonObject DescribeImages(StandInInput input)
    {
        var name = input.Text("repositoryName") ?? throw input.Refuse("Member must not be null at 'repositoryName'.");
        input.Check(IsRepositoryName(name), $"Invalid parameter at 'repositoryName' failed to satisfy constraint: '{name}'.");
        var registry = input.Text("registryId") ?? account.Account;
        input.Check(RegistryGrammar().IsMatch(registry), $"Invalid parameter at 'registryId' failed to satisfy constraint: '{registry}'.");
        var images = (registry == account.Account ? ecr.Find(name) : null)
            ?? throw new AwsStandInException("RepositoryNotFoundException", $"The repository with name '{name}' does not exist in the registry with id '{registry}'");
        var ids = input.Items("imageIds");
        input.Check(ids is null or { Count: >= 1 and <= 100 }, "Invalid parameter at 'imageIds' failed to satisfy constraint: 1 to 100 items.");
        var found = ids is null ? images : ids.Select(id => Find(images, id, name, registry)).DistinctBy(image => image.Digest);
        return new JsonObject { ["imageDetails"] = new JsonArray([.. found.Select(image => ToJson(image, name, registry))]) };
    }

    private static EcrStandInImage Find(IReadOnlyList<EcrStandInImage> images, JsonElement item, string repository, string registry)
    {
        var id = new StandInInput(item, InvalidParameter, ["imageTag", "imageDigest"]);
        var (tag, digest) = (id.Text("imageTag"), id.Text("imageDigest"));
        id.Check(tag is not null || digest is not null, "Invalid parameter at 'imageIds' failed to satisfy constraint: an id needs a tag or a digest.");
        id.Check(tag is null || IsTag(tag), $"Invalid parameter at 'imageTag' failed to satisfy constraint: '{tag}'.");
        id.Check(digest is null || DigestGrammar().IsMatch(digest), $"Invalid parameter at 'imageDigest' failed to satisfy constraint: '{digest}'.");
        return images.FirstOrDefault(image => (tag is null || image.Tags.Contains(tag)) && (digest is null || image.Digest == digest))
            ?? throw new AwsStandInException("ImageNotFoundException", $"The image with imageId {{imageDigest:'{digest ?? "null"}', imageTag:'{tag ?? "null"}'}} does not exist within the repository with name '{repository}' in the registry with id '{registry}'");
    }

    private static JsonObject ToJson(EcrStandInImage image, string repository, string registry)
    {
        var json = new JsonObject
        {
            ["registryId"] = registry,
            ["repositoryName"] = repository,
            ["imageDigest"] = image.Digest,
            ["imageSizeInBytes"] = image.Size,
            ["imagePushedAt"] = StandInInput.Seconds(image.PushedAt),
            ["imageManifestMediaType"] = "application/vnd.oci.image.manifest.v1+json",
            ["imageStatus"] = "ACTIVE",
        };
        if (image.Tags.Count > 0)
        {
            json["imageTags"] = new JsonArray([.. image.Tags.Select(tag => JsonValue.Create(tag))]);
        }

        return json;
    }

    [GeneratedRegex(@"\A[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex RepositoryGrammar();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex TagGrammar();

    [GeneratedRegex(@"\Asha256:[0-9a-f]{64}\z")]
    private static partial Regex DigestGrammar();

    [GeneratedRegex(@"\A[0-9]{12}\z")]
    private static partial Regex RegistryGrammar();
}
