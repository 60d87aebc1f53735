using RunnerFleet.Local.Docker;

namespace RunnerFleet.Local.Tests.Docker;

public sealed class LastWordsTests
{
    [Fact]
    public void The_last_twenty_lines_are_kept_in_their_order()
    {
        var words = LastWords.Clean(string.Concat(Enumerable.Range(1, 30).Select(n => $"line {n}\n")), []);

        Assert.Equal(string.Join(" | ", Enumerable.Range(11, 20).Select(n => $"line {n}")), words);
    }

    [Fact]
    public void They_are_at_most_a_thousand_characters_the_last_ones()
    {
        var words = LastWords.Clean(new string('a', 5000) + "the end", [])!;

        Assert.Equal(LastWords.MaxLength, words.Length);
        Assert.EndsWith("athe end", words, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cut_never_halves_a_character()
    {
        var words = LastWords.Clean(string.Concat(Enumerable.Repeat("😀", 600)) + "x", [])!;

        Assert.False(char.IsLowSurrogate(words[0]));
    }

    [Fact]
    public void Control_characters_and_empty_lines_are_left_out() =>
        Assert.Equal("[31mred | tab here", LastWords.Clean("\u001b[31mred\r\n\n\n\ttab\there\0\n", []));

    [Fact]
    public void Secrets_are_blotted_out() =>
        Assert.Equal("+ curl -H *** url", LastWords.Clean("+ curl -H the-claim-secret url", ["the-claim-secret"]));

    [Theory]
    [InlineData("")]
    [InlineData("\n \r\n\0\n")]
    public void Silence_is_nothing(string text) => Assert.Null(LastWords.Clean(text, []));
}
