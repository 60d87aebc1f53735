using System.Text;
using System.Text.Json.Nodes;
using LambdaHost;
using Microsoft.Extensions.Logging;

namespace RunnerFleet.LambdaHost.Tests;

public sealed class JsonLinesTests
{
    [Fact]
    public void The_values_of_a_message_are_members_that_metrics_can_be_made_of()
    {
        using var output = new MemoryStream();
        using var lines = new JsonLines(output, TimeProvider.System);
        KeyValuePair<string, object?>[] values = [new("QueueSeconds", 1.5), new("Active", 3), new("Class", "small"), new("Code", null), new("message", "another"), new("{OriginalFormat}", "template")];

        lines.CreateLogger("category").Log(LogLevel.Information, new EventId(2070), values, null, (_, _) => "text");

        var line = JsonNode.Parse(Encoding.UTF8.GetString(output.ToArray()))!.AsObject();
        Assert.Equal((1.5, 3, "small", "text", 2070), ((double)line["QueueSeconds"]!, (int)line["Active"]!, (string?)line["Class"], (string?)line["message"], (int)line["event"]!));
        Assert.True(line.ContainsKey("Code"));
        Assert.DoesNotContain("{OriginalFormat}", line.Select(member => member.Key));
    }
}
