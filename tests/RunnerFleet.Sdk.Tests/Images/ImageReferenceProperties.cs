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

    /// <summary>Any list, any spelling: what is allowed is, written out in full, the entry itself or lies below an entry that ends with a star.</summary>
    [Property(MaxTest = 5000)]
    public Property Nothing_outside_the_list_is_allowed_whatever_its_spelling()
    {
        var entries = Gen.Elements("docker.io/library/*", "ghcr.io/*", "GHCR.io/ubuntu/*", "public.ecr.aws/docker/library", "docker/*", "ubuntu", "index.docker.io/docker/ubuntu", "*", "/*", "ghcr.io", "docker.io/*").ListOf();
        return Prop.ForAll(s_texts, entries.ToArbitrary(), (text, list) =>
        {
            var options = new RunnerFleetOptions();
            foreach (var entry in list)
            {
                options.Policy.Images.Add(entry);
            }

            if (list.Count == 0 || !ImageReference.TryParse(text, out var reference, out _) || !ImagePolicy.Of(options).Allows(reference))
            {
                return true;
            }

            return list.Select(InFull).Any(entry => entry.EndsWith("/*", StringComparison.Ordinal) ? reference.Name.StartsWith(entry[..^1], StringComparison.Ordinal) : reference.Name == entry);
        });

        static string InFull(string entry) => entry switch
        {
            "ubuntu" => "docker.io/library/ubuntu",
            "docker/*" => "docker.io/docker/*",
            "index.docker.io/docker/ubuntu" => "docker.io/docker/ubuntu",
            "*" or "/*" or "ghcr.io" => "nothing",
            _ => entry.ToLowerInvariant(),
        };
    }

    [Property(MaxTest = 2000)]
    public Property An_address_in_any_form_and_a_host_without_a_dot_are_refused()
    {
        var number = Gen.Choose(0, 255);
        var hosts = Gen.OneOf(
            from a in number from b in number from c in number from d in number select $"{a}.{b}.{c}.{d}",
            from a in number from b in number from c in number from d in number select $"0x{a:x2}.{b}.{c}.0x{d:x}",
            from a in number from d in number select $"{a}.{d}",
            from a in number from d in number select $"0{Convert.ToString(a, 8)}.0{Convert.ToString(d, 8)}",
            from a in number from d in number select $"[::ffff:{a}.0.0.{d}]",
            from a in number from d in number select $"[{a:x}::{d:x}]",
            from a in number select $"{a}.0.0.1.",
            Gen.Elements("localhost", "LOCALHOST", "registry", "REGISTRY", "2130706433", "0x7f000001", "a.localhost", "localhost.", "metadata."));
        return Prop.ForAll(hosts.ToArbitrary(), Gen.Elements(":5000", ":80", ":443").ToArbitrary(), (host, port) =>
            !ImageReference.TryParse($"{host}{port}/library/ubuntu", out _, out _)
            && (!host.Contains('.', StringComparison.Ordinal) || !ImageReference.TryParse($"{host}/library/ubuntu", out _, out _)));
    }
}
