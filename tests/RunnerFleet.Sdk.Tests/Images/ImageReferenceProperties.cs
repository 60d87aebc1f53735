using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using RunnerFleet.Images;

namespace RunnerFleet.Sdk.Tests.Images;

public sealed class ImageReferenceProperties
{
    private static readonly Gen<string> s_registries = Gen.Elements(
        "", "docker.io/", "index.docker.io/", "DOCKER.io/", "docker.io:443/", "docker.io.evil.com/", "public.ecr.aws/", "Public.ECR.aws/", "ghcr.io/", "localhost/", "127.0.0.1/", "[::1]:5000/", "/");

    private static readonly Gen<string> s_paths = Gen.Elements("library", "libraryevil", "docker", "ubuntu", "a-b", "a__b", "0", "..", "B", "").NonEmptyListOf().Where(parts => parts.Count <= 4).Select(parts => string.Join('/', parts));

    private static readonly Gen<string> s_versions = Gen.Elements(
        "", "", ":latest", ":22.04", ":RC_1", ":", ":a/b", "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", ":1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "@sha256:0");

    private static readonly Gen<string> s_spoils = Gen.Frequency((20, Gen.Constant("")), (1, Gen.Elements(" ", "\n", "$", "*", "%2f", "\\", "//", "@", ":", "..", "\u00e9", "\0")));

    private static readonly Arbitrary<string> s_texts = (
        from registry in s_registries
        from early in s_spoils
        from path in s_paths
        from middle in s_spoils
        from version in s_versions
        from late in s_spoils
        select registry + early + path + middle + version + late).ToArbitrary();

    [Property(MaxTest = 1000)]
    public bool Any_text_gets_an_answer(NonNull<string> text) => ImageReference.TryParse(text.Get, out var reference, out var error) ? error is null : reference is null && error is not null;

    [Property(MaxTest = 5000)]
    public Property Normalising_twice_is_normalising_once() => Prop.ForAll(s_texts, text =>
        !ImageReference.TryParse(text, out var once, out _) || (ImageReference.TryParse(once.ToString(), out var twice, out _) && twice == once && twice.ToString() == once.ToString()));

    [Property(MaxTest = 5000)]
    public Property What_is_accepted_has_only_harmless_characters() => Prop.ForAll(s_texts, text =>
        !ImageReference.TryParse(text, out var reference, out _)
        || Regex.IsMatch(reference.ToString(), @"\A[a-z0-9.-]+\.[a-z][a-z0-9-]*(:[0-9]+)?(/[a-z0-9._-]+)+(:[A-Za-z0-9_.-]+)?(@sha(256|512):[0-9a-f]+)?\z"));

    /// <summary>What the default policy allows lies, in its normalised form, in one of the two official folders, whatever it looked like before.</summary>
    [Property(MaxTest = 5000)]
    public Property Normalising_never_widens_the_allow_list() => Prop.ForAll(s_texts, text =>
    {
        if (!ImageReference.TryParse(text, out var reference, out _) || !ImagePolicy.Of(new RunnerFleetOptions()).Allows(reference))
        {
            return true;
        }

        return Regex.IsMatch(reference.ToString(), @"\A(docker\.io/library|public\.ecr\.aws/docker/library)/[a-z0-9]");
    });
}
