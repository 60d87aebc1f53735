using System.Collections.Frozen;

namespace RunnerFleet.Testing.Aws.DynamoDb.Expressions;

/// <summary>Words that an expression may not use as the name of an attribute (Developer Guide, "Reserved words in DynamoDB").</summary>
internal static class ReservedWords
{
    private static readonly FrozenSet<string> s_words = Load();

    public static bool Contain(string word) => s_words.Contains(word);

    private static FrozenSet<string> Load()
    {
        using var stream = typeof(ReservedWords).Assembly.GetManifestResourceStream("RunnerFleet.Testing.Aws.DynamoDb.ReservedWords.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }
}
