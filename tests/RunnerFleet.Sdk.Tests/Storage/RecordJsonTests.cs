using System.Collections;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Sdk.Tests.Storage;

public sealed class RecordJsonTests
{
    [Fact]
    public void A_runner_survives_the_way_there_and_back()
    {
        Assert.Equivalent(SampleRecords.FullRunner(1), RecordJson.DeserializeRunner(RecordJson.Serialize(SampleRecords.FullRunner(1))), strict: true);
        Assert.Equivalent(SampleRecords.Runner(1), RecordJson.DeserializeRunner(RecordJson.Serialize(SampleRecords.Runner(1))), strict: true);
    }

    [Fact]
    public void A_job_survives_the_way_there_and_back()
    {
        Assert.Equivalent(SampleRecords.FullJob(1), RecordJson.DeserializeJob(RecordJson.Serialize(SampleRecords.FullJob(1))), strict: true);
        Assert.Equivalent(SampleRecords.Job(1), RecordJson.DeserializeJob(RecordJson.Serialize(SampleRecords.Job(1))), strict: true);
    }

    // The way there and back proves something only for members that are set.
    [Fact]
    public void The_full_samples_have_every_member_set()
    {
        Assert.Empty(Unset(SampleRecords.FullRunner(1), "runner"));
        Assert.Empty(Unset(SampleRecords.FullJob(1), "job"));
    }

    [Fact]
    public void Members_of_a_newer_version_are_ignored()
    {
        var runner = JsonNode.Parse(RecordJson.Serialize(SampleRecords.Runner(1)))!;
        runner["somethingNew"] = new JsonObject { ["a"] = new JsonArray(1, "two", null) };
        runner["spec"]!["somethingNew"] = 7;
        var job = JsonNode.Parse(RecordJson.Serialize(SampleRecords.Job(1)))!;
        job["somethingNew"] = true;

        Assert.Equivalent(SampleRecords.Runner(1), RecordJson.DeserializeRunner(Utf8(runner)), strict: true);
        Assert.Equivalent(SampleRecords.Job(1), RecordJson.DeserializeJob(Utf8(job)), strict: true);
    }

    [Fact]
    public void Members_that_an_older_version_did_not_write_take_their_defaults()
    {
        var runner = JsonNode.Parse(RecordJson.Serialize(SampleRecords.Runner(1)))!.AsObject();
        runner.Remove("places");
        runner.Remove("history");
        runner.Remove("attempt");
        runner["spec"]!.AsObject().Remove("operatingSystem");
        runner["scope"]!.AsObject().Remove("host");
        runner["scope"]!.AsObject().Remove("runnerGroupId");
        var job = JsonNode.Parse(RecordJson.Serialize(SampleRecords.Job(1)))!.AsObject();
        job.Remove("history");
        job.Remove("runId");

        Assert.Equivalent(SampleRecords.Runner(1), RecordJson.DeserializeRunner(Utf8(runner)), strict: true);
        Assert.Equivalent(SampleRecords.Job(1), RecordJson.DeserializeJob(Utf8(job)), strict: true);
    }

    [Fact]
    public void States_are_spelled_as_people_read_them()
    {
        Assert.Contains("\"WAITING_FOR_JOB\"", Encoding.UTF8.GetString(RecordJson.Serialize(SampleRecords.FullRunner(1))), StringComparison.Ordinal);
        Assert.Contains("\"IN_PROGRESS\"", Encoding.UTF8.GetString(RecordJson.Serialize(SampleRecords.FullJob(1))), StringComparison.Ordinal);
        foreach (var state in Enum.GetValues<RunnerState>())
        {
            Assert.Equal(state, RecordJson.DeserializeRunner(RecordJson.Serialize(SampleRecords.Runner(1) with { State = state })).State);
        }
    }

    [Fact]
    public void What_follows_from_other_members_is_not_written()
    {
        var runner = JsonNode.Parse(RecordJson.Serialize(SampleRecords.FullRunner(1)))!.AsObject();

        Assert.DoesNotContain(runner, member => member.Key is "isFree" or "isTerminal");
        Assert.DoesNotContain(runner["scope"]!.AsObject(), member => member.Key is "apiPath" or "key");
        Assert.Equal("github.com/40000000001", (string?)runner["job"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"id\":")]
    public void What_is_not_a_record_is_a_json_error(string text)
    {
        Assert.ThrowsAny<JsonException>(() => RecordJson.DeserializeRunner(Encoding.UTF8.GetBytes(text)));
        Assert.ThrowsAny<JsonException>(() => RecordJson.DeserializeJob(Encoding.UTF8.GetBytes(text)));
    }

    private static byte[] Utf8(JsonNode node) => JsonSerializer.SerializeToUtf8Bytes(node);

    private static IEnumerable<string> Unset(object record, string path)
    {
        foreach (var member in record.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
        {
            var value = member.GetValue(record);
            var where = $"{path}.{member.Name}";
            if (value is null || value.Equals(member.PropertyType.IsValueType ? Activator.CreateInstance(member.PropertyType) : null) || value is ICollection { Count: 0 })
            {
                yield return where;
            }
            else
            {
                var parts = value as IEnumerable<object> ?? [value];
                foreach (var missing in parts.Where(IsOurs).Select(part => Unset(part, where)).DefaultIfEmpty([]).Aggregate((a, b) => a.Intersect(b)))
                {
                    yield return missing;
                }
            }
        }
    }

    private static bool IsOurs(object value) => value is not Enum && value.GetType().Namespace!.StartsWith("RunnerFleet", StringComparison.Ordinal) && value is not JobKey;
}
