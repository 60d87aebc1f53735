using System.Globalization;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Images;
using RunnerFleet.Runners;

namespace RunnerFleet.Labels;

/// <summary>
/// The built-in vocabulary: <c>self-hosted</c> (required), <c>linux</c>, <c>x64</c>, <c>arm64</c>, <c>image:</c>, <c>class:</c>, <c>capacity:</c>,
/// <c>disk:</c>, and the fleet's own labels. GitHub compares labels without regard to case, so all are read in lower case, an image's tag
/// included: a runner with <c>image:app:RC1</c> would be given a job with <c>image:app:rc1</c>.
/// </summary>
internal sealed class LabelParser(IOptionsMonitor<RunnerFleetOptions> options) : ILabelParser
{
    private const int MinDiskGiB = 1;
    private const int MaxDiskGiB = 200;

    /// <inheritdoc/>
    public LabelOutcome Parse(IReadOnlyList<string> labels, LabelContext context)
    {
        // Sorted, so that the order of labels decides nothing, not even which of two mistakes is named.
        var words = new SortedSet<string>(labels.Where(label => label is not null).Select(label => label.ToLowerInvariant()), StringComparer.Ordinal);
        var settings = options.CurrentValue;
        if (WhyNotOurs(words, settings.Labels) is { } reason)
        {
            return new LabelOutcome.NotOurs(reason);
        }

        var spec = new RunnerSpec();
        var diagnostic = ReadImage(words, settings, context, ref spec)
            ?? ReadClass(words, context, ref spec)
            ?? ReadArchitecture(words, settings.Labels, context, ref spec)
            ?? ReadCapacity(words, context, ref spec)
            ?? ReadDisk(words, ref spec)
            ?? RequireClassOrImage(settings.Labels, spec);
        return diagnostic is null ? new LabelOutcome.Ours(spec) : new LabelOutcome.Invalid(diagnostic);
    }

    private static string? WhyNotOurs(SortedSet<string> words, LabelOptions settings)
    {
        if (!words.Contains(LabelWords.SelfHosted))
        {
            return "The label 'self-hosted' is missing.";
        }

        if (settings.RequiredLabel is { Length: > 0 } required && !words.Contains(required.ToLowerInvariant()))
        {
            return $"The label {required.Quoted()}, which this fleet requires, is missing.";
        }

        foreach (var word in words)
        {
            if (LabelWords.IsOtherSystem(word))
            {
                return $"The label {word.Quoted()} asks for another operating system; this fleet runs Linux.";
            }

            if (!LabelWords.IsPlain(word) && !LabelWords.IsWish(word) && !IsOwn(word, settings))
            {
                return $"The label {word.Quoted()} is none of this fleet's.";
            }
        }

        return null;
    }

    private static bool IsOwn(string word, LabelOptions settings) =>
        string.Equals(word, settings.RequiredLabel, StringComparison.OrdinalIgnoreCase)
        || settings.OwnLabels.Any(own => string.Equals(word, own, StringComparison.OrdinalIgnoreCase));

    private static Reason? ReadImage(SortedSet<string> words, RunnerFleetOptions settings, LabelContext context, ref RunnerSpec spec)
    {
        var values = ValuesOf(LabelWords.Image, words);
        if (values.Count == 0)
        {
            return null;
        }

        if (!context.Launcher.Images)
        {
            return Reason.Of(LabelDiagnostics.ImagesUnsupported, "This fleet's launcher runs no container images. Remove the image: label, or use a launcher that runs images.");
        }

        if (!context.HasImageBuilder)
        {
            return Reason.Of(LabelDiagnostics.ImagesUnsupported, "This fleet has no image builder to make a runner image of another base. Remove the image: label, or add a builder with UseImageBuilder.");
        }

        var images = new SortedSet<string>(StringComparer.Ordinal);
        var policy = ImagePolicy.Of(settings);
        foreach (var value in values)
        {
            if (!ImageReference.TryParse(value, out var image, out var error))
            {
                return Reason.Of(LabelDiagnostics.ImageMalformed, $"The image in {(LabelWords.Image + value).Quoted()} cannot be used: {error}");
            }

            if (!policy.Allows(image))
            {
                return Reason.Of(LabelDiagnostics.ImageNotAllowed, $"The image {image.ToString().Quoted()} is not allowed. Allowed are {policy}; add to RunnerFleet:Policy:Images what else may be used.");
            }

            images.Add(image.ToString());
        }

        if (images.Count > 1)
        {
            return Several(LabelDiagnostics.SeveralImages, "images", images);
        }

        spec = spec with { Image = images.Min };
        return null;
    }

    private static Reason? ReadClass(SortedSet<string> words, LabelContext context, ref RunnerSpec spec)
    {
        var values = ValuesOf(LabelWords.Class, words);
        if (values.Find(value => !context.Classes.ContainsKey(value)) is { } unknown)
        {
            return Reason.Of(LabelDiagnostics.UnknownClass, $"There is no runner class {unknown.Quoted()}. Use one of: {Names(context.Classes)}; or add it to RunnerFleet:Classes.");
        }

        if (values.Count > 1)
        {
            return Several(LabelDiagnostics.SeveralClasses, "classes", values);
        }

        spec = spec with { ClassName = values.FirstOrDefault() };
        return null;
    }

    private static Reason? ReadArchitecture(SortedSet<string> words, LabelOptions settings, LabelContext context, ref RunnerSpec spec)
    {
        var wantsX64 = words.Contains(LabelWords.X64);
        var wantsArm64 = words.Contains(LabelWords.Arm64);
        if (!wantsX64 && !wantsArm64)
        {
            return null;
        }

        if (wantsX64 && wantsArm64)
        {
            return Several(LabelDiagnostics.SeveralArchitectures, "architectures", [LabelWords.Arm64, LabelWords.X64]);
        }

        var architecture = wantsX64 ? LabelWords.X64 : LabelWords.Arm64;
        var supported = context.Launcher.Architectures;
        if (supported.Count > 0 && !supported.Contains(architecture))
        {
            return Reason.Of(LabelDiagnostics.ArchitectureUnsupported, $"This fleet's launcher does not run {architecture}. Use one of: {string.Join(", ", supported)}.");
        }

        if (ClassFor(spec, settings, context) is { } chosen && chosen.Architecture != architecture)
        {
            var fitting = context.Classes.Where(pair => pair.Value.Architecture == architecture).ToDictionary();
            var cure = fitting.Count > 0
                ? $"Name a class that is, with class: and one of: {Names(fitting)}; or remove the label."
                : $"Remove the label, or add a class with that architecture (RunnerFleet:Classes:<name>:Architecture = {architecture}).";
            return Reason.Of(LabelDiagnostics.ArchitectureMismatch, $"The runner class {chosen.Name.Quoted()} is {chosen.Architecture}, not {architecture}. {cure}");
        }

        spec = spec with { Architecture = architecture };
        return null;
    }

    private static RunnerClass? ClassFor(RunnerSpec spec, LabelOptions settings, LabelContext context) =>
        spec.ClassName is { } name ? context.Classes[name]
        : context.Classes.Count > 0 ? OptionsClassCatalog.DefaultOf(context.Classes, settings.DefaultClass)
        : null;

    private static Reason? ReadCapacity(SortedSet<string> words, LabelContext context, ref RunnerSpec spec)
    {
        var values = ValuesOf(LabelWords.Capacity, words);
        if (values.Find(value => value is not ("spot" or "on-demand")) is { } unknown)
        {
            return Reason.Of(LabelDiagnostics.UnknownCapacity, $"There is no capacity {unknown.Quoted()}. Use capacity:spot or capacity:on-demand.");
        }

        if (values.Count > 1)
        {
            return Several(LabelDiagnostics.SeveralCapacities, "capacities", values);
        }

        if (values.Contains("spot") && !context.Launcher.Spot)
        {
            return Reason.Of(LabelDiagnostics.SpotUnsupported, "This fleet's launcher offers no spot capacity. Remove the label capacity:spot, or use a launcher that offers it.");
        }

        spec = spec with { Capacity = values.Count == 0 ? null : values.Contains("spot") ? CapacityKind.Spot : CapacityKind.OnDemand };
        return null;
    }

    private static Reason? ReadDisk(SortedSet<string> words, ref RunnerSpec spec)
    {
        var sizes = new SortedSet<int>();
        foreach (var value in ValuesOf(LabelWords.Disk, words))
        {
            if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var size) || size is < MinDiskGiB or > MaxDiskGiB)
            {
                return Reason.Of(LabelDiagnostics.DiskOutOfRange, $"The disk size {value.Quoted()} cannot be used. Write disk: and {MinDiskGiB} to {MaxDiskGiB}, in GiB, such as disk:50.");
            }

            sizes.Add(size);
        }

        if (sizes.Count > 1)
        {
            return Several(LabelDiagnostics.SeveralDisks, "disk sizes", sizes.Select(size => size.ToString(CultureInfo.InvariantCulture)));
        }

        spec = spec with { DiskGiB = sizes.Count == 0 ? null : sizes.Min };
        return null;
    }

    private static Reason? RequireClassOrImage(LabelOptions settings, RunnerSpec spec) =>
        settings.RequireClassOrImage && spec is { ClassName: null, Image: null }
            ? Reason.Of(LabelDiagnostics.ClassOrImageRequired, "This fleet serves only jobs that name a class or an image. Add class:<name> or image:<base> to runs-on.")
            : null;

    /// <summary>Splits at the first colon only: an image's reference has colons of its own.</summary>
    private static List<string> ValuesOf(string wish, SortedSet<string> words) =>
        [.. words.Where(word => word.StartsWith(wish, StringComparison.Ordinal)).Select(word => word[wish.Length..])];

    private static Reason Several(string code, string what, IEnumerable<string> values) =>
        Reason.Of(code, $"The labels name different {what}: {string.Join(", ", values.Select(value => value.Quoted()))}. Keep one.");

    private static string Names(IReadOnlyDictionary<string, RunnerClass> classes)
    {
        const int Shown = 20;
        var names = classes.Keys.Order(StringComparer.Ordinal).ToList();
        return names.Count == 0 ? "(there are none)" : string.Join(", ", names.Take(Shown)) + (names.Count > Shown ? ", ..." : "");
    }
}
