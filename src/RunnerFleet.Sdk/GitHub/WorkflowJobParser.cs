using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using RunnerFleet.Runners;

namespace RunnerFleet.GitHub;

/// <summary>
/// Reads a <c>workflow_job</c> body in one pass, keeping only what the fleet needs. Strict about what identifies a job, tolerant of all
/// else: absent and null members, members in another form, unknown members, actions and statuses. Of members written twice the last counts.
/// </summary>
internal static class WorkflowJobParser
{
    /// <summary>GitHub takes 1 to 100 labels for a runner (REST API, generate-jitconfig).</summary>
    internal const int MaxLabels = 100;

    /// <summary>The runner's own configuration refuses longer ones.</summary>
    internal const int MaxTextLength = 256;

    /// <summary>A longer text is not decoded at all. 256 characters take at most 1536 bytes, each written as <c>\uXXXX</c>.</summary>
    private const int MaxRawLength = 2048;

    /// <summary>Reads the event, or says in a sentence why it cannot be read.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> body, [NotNullWhen(true)] out WorkflowJobEvent? workflowJob, [NotNullWhen(false)] out string? error)
    {
        var draft = new Draft();
        error = Read(body, ref draft);
        workflowJob = error is null ? Build(draft, out error) : null;
        return workflowJob is not null;
    }

    /// <summary>
    /// Reads the action alone, of any well-formed JSON object. After <see cref="TryParse"/> has failed this tells a malformed event from one
    /// with an action unknown today, whose payload may look like anything.
    /// </summary>
    internal static bool TryReadAction(ReadOnlySpan<byte> body, [NotNullWhen(true)] out string? action)
    {
        var draft = new Draft();
        action = Read(body, ref draft) is null ? draft.Action : null;
        return action is not null;
    }

    private static string? Read(ReadOnlySpan<byte> body, ref Draft draft)
    {
        var reader = new Utf8JsonReader(body);
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return "The body must be a JSON object.";
            }

            ReadRoot(ref reader, ref draft);
            reader.Read(); // anything after the object is an error
            return null;
        }
        catch (JsonException exception)
        {
            return FormattableString.Invariant($"The body is not well-formed JSON (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}).");
        }
    }

    private static WorkflowJobEvent? Build(in Draft draft, out string? error)
    {
        var repository = BuildRepository(draft.Repository);
        error = draft switch
        {
            { Action: null } => "action must be a string.",
            { HasJob: false } => "workflow_job must be an object.",
            { Job.Id: 0 } => "workflow_job.id must be a positive integer.",
            { Job.RunId: 0 } => "workflow_job.run_id must be a positive integer.",
            { Job.LabelsError: { } labelsError } => labelsError,
            { Job.Labels: null } => "workflow_job.labels must be an array of strings.",
            _ when repository is null => "repository.full_name must be owner/name in GitHub's spelling.",
            _ => null,
        };
        return error is not null
            ? null
            : new WorkflowJobEvent
            {
                Action = draft.Action!,
                JobId = draft.Job.Id,
                RunId = draft.Job.RunId,
                RunAttempt = draft.Job.RunAttempt <= int.MaxValue ? (int)draft.Job.RunAttempt : 0,
                Name = draft.Job.Name,
                WorkflowName = draft.Job.WorkflowName,
                Url = PageOf(draft.Job.Url),
                Status = draft.Job.Status,
                Conclusion = draft.Job.Conclusion,
                Labels = draft.Job.Labels!,
                RunnerId = NullIfZero(draft.Job.RunnerId),
                RunnerName = string.IsNullOrEmpty(draft.Job.RunnerName) ? null : draft.Job.RunnerName,
                CreatedAt = draft.Job.CreatedAt,
                StartedAt = draft.Job.StartedAt,
                CompletedAt = draft.Job.CompletedAt,
                Repository = repository!,
                Organization = draft.Organization,
                Enterprise = draft.Enterprise,
                InstallationId = NullIfZero(draft.InstallationId),
            };
    }

    private static RepositoryRef? BuildRepository(in RepositoryDraft draft)
    {
        var (owner, name) = (draft.Owner, draft.Name);
        if (draft.FullName?.Split('/') is { } parts)
        {
            (owner, name) = parts is [var first, var second] ? (first, second) : (null, null);
        }

        return RepositoryNames.IsPart(owner) && RepositoryNames.IsPart(name)
            ? new RepositoryRef { Id = draft.Id, Owner = owner, Name = name, IsPrivate = draft.IsPrivate }
            : null;
    }

    private static void ReadRoot(ref Utf8JsonReader reader, ref Draft draft)
    {
        while (NextMember(ref reader, out var name))
        {
            if (name.SequenceEqual("action"u8))
            {
                draft.Action = ReadText(ref reader);
            }
            else if (name.SequenceEqual("workflow_job"u8))
            {
                draft.Job = default;
                draft.HasJob = Enter(ref reader);
                if (draft.HasJob)
                {
                    ReadJob(ref reader, ref draft.Job);
                }
            }
            else if (name.SequenceEqual("repository"u8))
            {
                draft.Repository = default;
                if (Enter(ref reader))
                {
                    ReadRepository(ref reader, ref draft.Repository);
                }
            }
            else if (name.SequenceEqual("organization"u8))
            {
                draft.Organization = ReadTextWithin(ref reader, "login"u8);
            }
            else if (name.SequenceEqual("enterprise"u8))
            {
                draft.Enterprise = ReadTextWithin(ref reader, "slug"u8);
            }
            else if (name.SequenceEqual("installation"u8))
            {
                draft.InstallationId = ReadIdWithin(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static void ReadJob(ref Utf8JsonReader reader, ref JobDraft job)
    {
        while (NextMember(ref reader, out var name))
        {
            if (name.SequenceEqual("id"u8)) job.Id = ReadPositive(ref reader);
            else if (name.SequenceEqual("run_id"u8)) job.RunId = ReadPositive(ref reader);
            else if (name.SequenceEqual("run_attempt"u8)) job.RunAttempt = ReadPositive(ref reader);
            else if (name.SequenceEqual("name"u8)) job.Name = ReadText(ref reader);
            else if (name.SequenceEqual("workflow_name"u8)) job.WorkflowName = ReadText(ref reader);
            else if (name.SequenceEqual("html_url"u8)) job.Url = ReadText(ref reader);
            else if (name.SequenceEqual("status"u8)) job.Status = ReadText(ref reader);
            else if (name.SequenceEqual("conclusion"u8)) job.Conclusion = ReadText(ref reader);
            else if (name.SequenceEqual("labels"u8)) (job.Labels, job.LabelsError) = ReadLabels(ref reader);
            else if (name.SequenceEqual("runner_id"u8)) job.RunnerId = ReadPositive(ref reader);
            else if (name.SequenceEqual("runner_name"u8)) job.RunnerName = ReadText(ref reader);
            else if (name.SequenceEqual("created_at"u8)) job.CreatedAt = ReadTime(ref reader);
            else if (name.SequenceEqual("started_at"u8)) job.StartedAt = ReadTime(ref reader);
            else if (name.SequenceEqual("completed_at"u8)) job.CompletedAt = ReadTime(ref reader);
            else reader.Skip();
        }
    }

    private static void ReadRepository(ref Utf8JsonReader reader, ref RepositoryDraft repository)
    {
        while (NextMember(ref reader, out var name))
        {
            if (name.SequenceEqual("id"u8)) repository.Id = ReadPositive(ref reader);
            else if (name.SequenceEqual("full_name"u8)) repository.FullName = ReadText(ref reader);
            else if (name.SequenceEqual("name"u8)) repository.Name = ReadText(ref reader);
            else if (name.SequenceEqual("owner"u8)) repository.Owner = ReadTextWithin(ref reader, "login"u8);
            else if (name.SequenceEqual("private"u8)) repository.IsPrivate = ReadTrue(ref reader);
            else reader.Skip();
        }
    }

    private static (IReadOnlyList<string>? Labels, string? Error) ReadLabels(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return (null, null);
        }

        var labels = new List<string>();
        string? error = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Null && error is null)
            {
                var label = reader.TokenType == JsonTokenType.String ? Decode(ref reader) : null;
                error = label switch
                {
                    null => "Each of workflow_job.labels must be a string of at most 256 characters.",
                    { Length: > MaxTextLength } => "Each of workflow_job.labels must be a string of at most 256 characters.",
                    _ when label.AsSpan().ContainsControl() => "workflow_job.labels must not hold control characters.",
                    _ when labels.Count == MaxLabels => "workflow_job.labels must hold at most 100 labels.",
                    _ => null,
                };
                if (error is null)
                {
                    labels.Add(label!);
                }
            }

            reader.Skip();
        }

        return (labels, error);
    }

    /// <summary>Goes to the next member. Comparing its name as a span is several times faster than <c>ValueTextEquals</c>, and a body has some two hundred.</summary>
    private static bool NextMember(ref Utf8JsonReader reader, out ReadOnlySpan<byte> name)
    {
        reader.Read();
        name = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(Decode(ref reader) ?? "") : reader.ValueSpan;
        return reader.TokenType == JsonTokenType.PropertyName;
    }

    private static bool Enter(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            return true;
        }

        reader.Skip();
        return false;
    }

    private static string? ReadTextWithin(ref Utf8JsonReader reader, ReadOnlySpan<byte> member)
    {
        string? text = null;
        if (Enter(ref reader))
        {
            while (NextMember(ref reader, out var name))
            {
                if (name.SequenceEqual(member))
                {
                    text = ReadText(ref reader);
                }
                else
                {
                    reader.Skip();
                }
            }
        }

        return text;
    }

    private static long ReadIdWithin(ref Utf8JsonReader reader)
    {
        long id = 0;
        if (Enter(ref reader))
        {
            while (NextMember(ref reader, out var name))
            {
                if (name.SequenceEqual("id"u8))
                {
                    id = ReadPositive(ref reader);
                }
                else
                {
                    reader.Skip();
                }
            }
        }

        return id;
    }

    private static bool ReadTrue(ref Utf8JsonReader reader)
    {
        reader.Read();
        var isTrue = reader.TokenType == JsonTokenType.True;
        reader.Skip();
        return isTrue;
    }

    /// <summary>Reads a positive integer, also where it is written as 2.0; anything else is 0.</summary>
    private static long ReadPositive(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.Number)
        {
            reader.Skip();
            return 0;
        }

        if (reader.TryGetInt64(out var number))
        {
            return Math.Max(number, 0);
        }

        return reader.TryGetDecimal(out var exact) && exact is >= 1 and <= long.MaxValue && decimal.IsInteger(exact) ? (long)exact : 0;
    }

    /// <summary>Reads a time that says its offset: one without would mean another moment on each machine.</summary>
    private static DateTimeOffset? ReadTime(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return null;
        }

        try
        {
            var saysOffset = reader.TryGetDateTime(out var sample) && sample.Kind != DateTimeKind.Unspecified;
            return saysOffset && reader.TryGetDateTimeOffset(out var time) ? time : null;
        }
        catch (InvalidOperationException)
        {
            return null; // half a surrogate pair
        }
    }

    private static string? ReadText(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return null;
        }

        return Decode(ref reader)?.ToOneLine(MaxTextLength);
    }

    private static string? Decode(ref Utf8JsonReader reader)
    {
        if (reader.ValueSpan.Length > MaxRawLength)
        {
            return null;
        }

        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // not UTF-8, or half a surrogate pair
        }
    }

    /// <summary>The page is shown as a link, so only a web address will do.</summary>
    private static Uri? PageOf(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp) ? uri : null;

    private static long? NullIfZero(long value) => value == 0 ? null : value;

    private struct Draft
    {
        public string? Action;
        public bool HasJob;
        public JobDraft Job;
        public RepositoryDraft Repository;
        public string? Organization;
        public string? Enterprise;
        public long InstallationId;
    }

    private struct JobDraft
    {
        public long Id;
        public long RunId;
        public long RunAttempt;
        public string? Name;
        public string? WorkflowName;
        public string? Url;
        public string? Status;
        public string? Conclusion;
        public IReadOnlyList<string>? Labels;
        public string? LabelsError;
        public long RunnerId;
        public string? RunnerName;
        public DateTimeOffset? CreatedAt;
        public DateTimeOffset? StartedAt;
        public DateTimeOffset? CompletedAt;
    }

    private struct RepositoryDraft
    {
        public long Id;
        public string? FullName;
        public string? Owner;
        public string? Name;
        public bool IsPrivate;
    }
}
