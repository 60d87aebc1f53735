using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Aws.Ssm;

/// <summary>
/// Reads runner classes from JSON: an object for each class, by its name. Names of members are read without regard to case, numbers may be written as texts, and members that nobody knows are passed over.
/// One class that is wrong refuses the whole: with half of it, jobs of the other half would be refused as of an unknown class, and nobody would know why.
/// </summary>
internal static partial class ClassDocument
{
    /// <param name="json">The document.</param>
    /// <param name="fargateOnly">Whether sizes must be Fargate's.</param>
    /// <param name="classes">The classes by lower-case name.</param>
    /// <param name="error">What is wrong, with which class.</param>
    public static bool TryRead(string json, bool fargateOnly, [NotNullWhen(true)] out IReadOnlyDictionary<string, RunnerClass>? classes, [NotNullWhen(false)] out string? error)
    {
        classes = null;
        try
        {
            using var document = JsonDocument.Parse(json, new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new FormatException("it must be a JSON object with one member for each class, such as {\"small\":{\"cpu\":512,\"memory\":1024}}.");
            }

            classes = Read(document.RootElement, fargateOnly);
            error = null;
            return true;
        }
        catch (FormatException wrong)
        {
            error = wrong.Message;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException) // the latter: a text that is no Unicode
        {
            error = $"it is not JSON: {wrong.Message}";
        }

        return false;
    }

    private static Dictionary<string, RunnerClass> Read(JsonElement root, bool fargateOnly)
    {
        var classes = new Dictionary<string, RunnerClass>(StringComparer.Ordinal);
        foreach (var member in root.EnumerateObject())
        {
            var name = member.Name.ToLowerInvariant();
            if (!NameGrammar().IsMatch(name))
            {
                throw new FormatException($"the class name {member.Name.Quoted()} must have 1 to 32 of a-z 0-9 . _ -");
            }

            if (!classes.TryAdd(name, ReadClass(name, member.Value, fargateOnly)))
            {
                throw new FormatException($"the class '{name}' is there twice; names differ in more than case.");
            }
        }

        return classes.Count > 0 ? classes : throw new FormatException("it has no class.");
    }

    private static RunnerClass ReadClass(string name, JsonElement settings, bool fargateOnly)
    {
        var members = new ClassMembers(name, settings);
        var found = new RunnerClass
        {
            Name = name,
            Cpu = members.Number("cpu", 1, 1_048_576) ?? throw members.Wrong("cpu", "is missing; write processor units, 1024 being one virtual CPU."),
            MemoryMiB = members.Number("memory", 1, 67_108_864) ?? throw members.Wrong("memory", "is missing; write MiB."),
            DiskGiB = fargateOnly ? members.Number("disk", 21, 200) : members.Number("disk", 1, 65_536),
            Architecture = members.Word("architecture", "x64", "arm64") ?? "x64",
            Capacity = members.Word("capacity", "on-demand", "spot") == "spot" ? CapacityKind.Spot : null,
            Limit = members.Number("limit", 0, int.MaxValue),
            JobTimeLimit = members.Number("jobTimeLimitSeconds", 0, int.MaxValue) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
        return fargateOnly && FargateSizes.Explain(found.Cpu, found.MemoryMiB) is { } reason ? throw new FormatException($"the class '{name}' cannot be launched: {reason}") : found;
    }

    [GeneratedRegex(@"\A[a-z0-9._-]{1,32}\z")]
    private static partial Regex NameGrammar();

    /// <summary>The members of one class.</summary>
    private readonly struct ClassMembers
    {
        private readonly string _class;
        private readonly Dictionary<string, JsonElement> _members = new(StringComparer.OrdinalIgnoreCase);

        public ClassMembers(string name, JsonElement settings)
        {
            _class = name;
            if (settings.ValueKind != JsonValueKind.Object)
            {
                throw new FormatException($"the class '{name}' must be an object, such as {{\"cpu\":512,\"memory\":1024}}.");
            }

            foreach (var member in settings.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null))
            {
                _members[member.Name] = member.Value;
            }
        }

        public int? Number(string member, int least, int most)
        {
            if (!_members.TryGetValue(member, out var value))
            {
                return null;
            }

            var text = value.ValueKind switch { JsonValueKind.Number => value.GetRawText(), JsonValueKind.String => value.GetString()!, _ => "" };
            return int.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
                ? number
                : throw Wrong(member, string.Create(CultureInfo.InvariantCulture, $"is {value.GetRawText().Quoted()}; write a whole number of {least} to {most}."));
        }

        public string? Word(string member, params string[] words)
        {
            if (!_members.TryGetValue(member, out var value))
            {
                return null;
            }

            var text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            return words.FirstOrDefault(word => word.Equals(text, StringComparison.OrdinalIgnoreCase)) ?? throw Wrong(member, $"is {value.GetRawText().Quoted()}; write {string.Join(" or ", words)}.");
        }

        public FormatException Wrong(string member, string what) => new($"'{member}' of the class '{_class}' {what}");
    }
}
