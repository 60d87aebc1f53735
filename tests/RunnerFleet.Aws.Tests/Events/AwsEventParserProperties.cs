using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RunnerFleet.Aws.Events;

namespace RunnerFleet.Aws.Tests.Events;

/// <summary>Whatever comes, there is an answer.</summary>
public sealed class AwsEventParserProperties
{
    private static readonly string[] Good =
    [
        Payloads.Drain,
        Payloads.Schedule,
        Payloads.TaskChanged(),
        Payloads.BuildChanged("arn:aws:codebuild:eu-central-1:123456789012:build/images:8745a7a9-c340-456a-9166-edf953571bee"),
        Payloads.Batch(("1", Payloads.Drain), ("2", Payloads.TaskChanged())),
        Payloads.Event("ecs-runner", "runner-status", new JsonObject { ["runner_id"] = Payloads.Runner, ["status"] = "OFFLINE" }),
    ];

    private static readonly string[] Pieces =
        ["{", "}", "[", "]", ",", ":", "null", "true", "-1e999", "5", "\"\"", "\"\\ud800\"", "\"detail\"", "\"detail-type\"", "\"source\"", "\"aws.ecs\"", "\"Records\"", "\"body\"", "\"hint\"", "\u0000", "\uFEFF", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_mutated_payload_never_throws(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 2000; i++)
        {
            var payload = Good[random.Next(Good.Length)].Bytes();
            for (var changes = random.Next(1, 6); changes > 0; changes--)
            {
                payload = Mutate(payload, random);
            }

            Check(payload, seed, i);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_JSON_never_throws(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 2000; i++)
        {
            var text = new StringBuilder();
            for (var pieces = random.Next(1, 40); pieces > 0; pieces--)
            {
                text.Append(Pieces[random.Next(Pieces.Length)]);
            }

            Check(Encoding.UTF8.GetBytes(text.ToString()), seed, i);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_bytes_never_throw(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 2000; i++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            Check(bytes, seed, i);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_member_of_another_kind_never_throws(int seed)
    {
        // Each value of each payload in turn becomes something else, well-formed.
        string[] others = ["null", "5", "true", "[]", "{}", "\"x\"", "\"\"", "[null]", "1e400", "\"\\udfff\""];
        var random = new Random(seed);
        foreach (var payload in Good)
        {
            var bytes = payload.Bytes();
            foreach (var (start, length) in Values(bytes))
            {
                Check([.. bytes[..start], .. others[random.Next(others.Length)].Bytes(), .. bytes[(start + length)..]], seed, start);
            }
        }
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 5)];

    private static void Check(byte[] payload, int seed, int step)
    {
        var thrown = Record.Exception(() => Assert.NotNull(AwsEventParser.Parse(payload, "default")));
        Assert.True(thrown is null, $"Seed {seed}, step {step}: {thrown}\n{Convert.ToBase64String(payload)}");
    }

    private static byte[] Mutate(byte[] payload, Random random)
    {
        var at = random.Next(payload.Length);
        byte[] mutated = random.Next(4) switch
        {
            0 => [.. payload[..at], .. payload[Math.Min(payload.Length, at + random.Next(1, 20))..]],
            1 => [.. payload[..at], .. Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]), .. payload[at..]],
            2 => [.. payload[..at], (byte)random.Next(256), .. payload[Math.Min(payload.Length, at + 1)..]],
            _ => [.. payload[..at], .. payload[random.Next(payload.Length)..]],
        };
        return mutated.Length > 0 ? mutated : [0];
    }

    /// <summary>Where the values of a document are.</summary>
    private static List<(int Start, int Length)> Values(byte[] json)
    {
        var found = new List<(int, int)>();
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.Number)
            {
                found.Add(((int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex)));
            }
            else if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth > 0)
            {
                var inner = reader;
                inner.Skip();
                found.Add(((int)reader.TokenStartIndex, (int)(inner.BytesConsumed - reader.TokenStartIndex)));
            }
        }

        return found;
    }
}
