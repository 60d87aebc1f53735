using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using RunnerFleet.GitHub;

namespace RunnerFleet.Sdk.Tests.GitHub;

public sealed class WorkflowJobParserProperties
{
    private static readonly byte[] s_body = WorkflowJobPayload.Create().ToBytes();

    [Property(MaxTest = 500)]
    public bool Random_bytes_get_an_answer(byte[] body) => Answers(body);

    [Property(MaxTest = 500)]
    public bool Random_texts_within_an_object_get_an_answer(NonNull<string> text) => Answers(Encoding.UTF8.GetBytes("{" + text.Get + "}"));

    [Property(MaxTest = 2000)]
    public bool A_body_with_some_bytes_changed_gets_an_answer(PositiveInt where, byte what, PositiveInt whereElse, byte whatElse)
    {
        var body = s_body.ToArray();
        body[where.Get % body.Length] = what;
        body[whereElse.Get % body.Length] = whatElse;
        return Answers(body);
    }

    [Property(MaxTest = 1000)]
    public bool A_body_cut_anywhere_is_an_error(PositiveInt length)
    {
        var cut = s_body.AsSpan(0, length.Get % s_body.Length);
        return Answers(cut) && !WorkflowJobParser.TryParse(cut, out _, out _);
    }

    [Property(MaxTest = 1000)]
    public Property Labels_come_out_as_they_went_in(NonNull<string>[] labels)
    {
        var fit = labels.Select(label => label.Get).Where(label => label.Length <= 256 && !label.Any(char.IsControl) && !label.Any(char.IsSurrogate)).Take(100).ToList();
        var payload = WorkflowJobPayload.Create();
        payload.Job()["labels"] = new System.Text.Json.Nodes.JsonArray([.. fit.Select(label => System.Text.Json.Nodes.JsonValue.Create(label))]);
        return (WorkflowJobParser.TryParse(payload.ToBytes(), out var job, out _) && job.Labels.SequenceEqual(fit)).ToProperty();
    }

    /// <summary>Neither throws; exactly one of event and error is there; what is read keeps its bounds.</summary>
    private static bool Answers(ReadOnlySpan<byte> body)
    {
        WorkflowJobParser.TryReadAction(body, out _);
        var isRead = WorkflowJobParser.TryParse(body, out var job, out var error);
        return isRead == (job is not null) && isRead == (error is null)
            && (job is null || (job is { JobId: > 0, RunId: > 0, Labels.Count: <= 100, RunnerId: null or > 0 } && job.Labels.All(label => label.Length <= 256)));
    }
}
