namespace RunnerFleet.Aws.DynamoDb;

/// <summary>The attributes of both tables. docs/design/dynamodb.md says what each is for.</summary>
internal static class Attributes
{
    // Those of the Python project that this one follows: tools of its users read them.
    public const string RunnerId = "runner_id";
    public const string Status = "status";
    public const string Timestamp = "timestamp";
    public const string StartedAt = "started_at";
    public const string CompletedAt = "completed_at";
    public const string RunnerLabels = "runner_labels";
    public const string ImageTag = "image_tag";
    public const string ClassName = "class_name";
    public const string WorkflowJobId = "workflow_job_id";
    public const string JobId = "job_id";
    public const string JobStatus = "job_status";
    public const string TaskId = "task_id";

    public const string PartitionKey = "pk";
    public const string SortKey = "sk";
    public const string Fleet = "fleet";
    public const string Version = "version";
    public const string Record = "record";
    public const string ExpiresAt = "expires_at";
    public const string ExpiresTicks = "expires_ticks";
    public const string Value = "value";
    public const string Taken = "taken";

    public const string ListKey = "list_key";
    public const string ListOrder = "list_order";
    public const string DemandKey = "demand_key";
    public const string DemandOrder = "demand_order";
    public const string CreatedTicks = "created_ticks";
    public const string Queue = "queue";
    public const string QueuedTicks = "queued_ticks";
    public const string NotBeforeTicks = "not_before_ticks";

    /// <summary>The index that lists are read from: by <see cref="ListKey"/> and <see cref="ListOrder"/>.</summary>
    public const string ListIndex = "live-by-deadline-ended-by-age";

    /// <summary>The index of what counts for a demand key: by <see cref="DemandKey"/> and <see cref="DemandOrder"/>.</summary>
    public const string DemandIndex = "by-demand";
}
