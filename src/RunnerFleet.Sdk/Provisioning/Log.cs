using Microsoft.Extensions.Logging;
using RunnerFleet.Storage;

namespace RunnerFleet.Provisioning;

// Provisioning: 2000-2099. Operators alert on ids; they do not move.
internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Information, "Delivery {DeliveryId}: job {Job} {Outcome}, runner {RunnerId}.")]
    public static partial void WebhookRecorded(this ILogger logger, string? deliveryId, string job, string outcome, string? runnerId);

    [LoggerMessage(2001, LogLevel.Debug, "Delivery {DeliveryId} ignored: {Reason}")]
    public static partial void WebhookIgnored(this ILogger logger, string? deliveryId, string reason);

    [LoggerMessage(2002, LogLevel.Warning, "Delivery {DeliveryId} turned away: {Reason}")]
    public static partial void WebhookRefused(this ILogger logger, string? deliveryId, string reason);

    [LoggerMessage(2003, LogLevel.Error, "Delivery {DeliveryId} could not be stored; it shows as failed at GitHub and can be redelivered.")]
    public static partial void WebhookNotStored(this ILogger logger, string? deliveryId, Exception exception);

    [LoggerMessage(2010, LogLevel.Information, "Runner {RunnerId}, attempt {Attempt}: {Outcome} {Detail}")]
    public static partial void LaunchEnded(this ILogger logger, string runnerId, int attempt, string outcome, string? detail);

    [LoggerMessage(2011, LogLevel.Warning, "Runner {RunnerId}, attempt {Attempt}: the launcher failed; whether it started is unknown and will be found out.")]
    public static partial void LaunchFailed(this ILogger logger, string runnerId, int attempt, Exception exception);

    [LoggerMessage(2020, LogLevel.Information, "Runner {RunnerId} claimed registration {RunnerName}.")]
    public static partial void Claimed(this ILogger logger, string runnerId, string runnerName);

    [LoggerMessage(2021, LogLevel.Warning, "Claim of runner {RunnerId} turned away: {Reason}")]
    public static partial void ClaimRefused(this ILogger logger, string runnerId, string reason);

    [LoggerMessage(2030, LogLevel.Error, "Runner {RunnerId} could not be handled; it is tried again.")]
    public static partial void RunnerStepFailed(this ILogger logger, string runnerId, Exception exception);

    [LoggerMessage(2031, LogLevel.Error, "Job {Job} could not be handled; it is tried again.")]
    public static partial void JobStepFailed(this ILogger logger, string job, Exception exception);

    [LoggerMessage(2032, LogLevel.Error, "Demand {DemandKey} could not be counted; it is tried again.")]
    public static partial void DemandFailed(this ILogger logger, string demandKey, Exception exception);

    [LoggerMessage(2033, LogLevel.Warning, "The hint to drain was lost; the next drain is due by the clock.")]
    public static partial void HintLost(this ILogger logger, Exception exception);

    [LoggerMessage(2034, LogLevel.Warning, "Whose turn it was could not be kept; a queue may be served once too often.")]
    public static partial void TurnsLost(this ILogger logger, Exception exception);

    [LoggerMessage(2040, LogLevel.Warning, "{Code} {Subject}: {Message}")]
    public static partial void Noticed(this ILogger logger, string code, string subject, string message);

    [LoggerMessage(2041, LogLevel.Warning, "A notice could not be kept.")]
    public static partial void NoticeLost(this ILogger logger, Exception exception);

    [LoggerMessage(2042, LogLevel.Error, "Observer {Observer} failed on a move.")]
    public static partial void ObserverFailed(this ILogger logger, string observer, Exception exception);

    [LoggerMessage(2043, LogLevel.Warning, "That jobs of {Repository} are served could not be remembered; the next job tries again.")]
    public static partial void RepositoryNotKept(this ILogger logger, string repository, Exception exception);

    [LoggerMessage(2044, LogLevel.Error, "Missed webhooks could not be looked for at {Subject}; it is tried again.")]
    public static partial void LookForMissedFailed(this ILogger logger, string subject, Exception exception);

    public static void DrainFailed(this ILogger logger, Exception exception)
    {
        if (exception is StoreUnavailableException unavailable) logger.DrainWithoutStore(unavailable.Message);
        else logger.DrainBroke(exception);
    }

    public static void SweepFailed(this ILogger logger, Exception exception)
    {
        if (exception is StoreUnavailableException unavailable) logger.SweepWithoutStore(unavailable.Message);
        else logger.SweepBroke(exception);
    }

    [LoggerMessage(2050, LogLevel.Error, "A drain failed; the next is due by the clock.")]
    private static partial void DrainBroke(this ILogger logger, Exception exception);

    [LoggerMessage(2057, LogLevel.Error, "A drain failed; the next is due by the clock. {Sentence}")]
    private static partial void DrainWithoutStore(this ILogger logger, string sentence);

    [LoggerMessage(2051, LogLevel.Error, "A sweep failed; the next is due by the clock.")]
    private static partial void SweepBroke(this ILogger logger, Exception exception);

    [LoggerMessage(2058, LogLevel.Error, "A sweep failed; the next is due by the clock. {Sentence}")]
    private static partial void SweepWithoutStore(this ILogger logger, string sentence);

    [LoggerMessage(2052, LogLevel.Error, "Watching compute events failed; watching again. Until then the sweeper finds out.")]
    public static partial void WatchFailed(this ILogger logger, Exception exception);

    [LoggerMessage(2053, LogLevel.Warning, "{Sentence} Jobs wait until it answers.")]
    public static partial void ComputeUnavailable(this ILogger logger, string sentence);

    [LoggerMessage(2060, LogLevel.Warning, "The in-memory store is in use: every record is lost when this process ends. Choose another with UseDynamoDb(…), UseSqlite(…) of RunnerFleet.Local, or UseStore<T>().")]
    public static partial void InMemoryStore(this ILogger logger);

    [LoggerMessage(2061, LogLevel.Error, "The changed settings are not valid and were not taken; the last good ones stay in force: {Failures}")]
    public static partial void SettingsRefused(this ILogger logger, string failures);

    // 2070-2075 are counted: samples/Terraform makes metrics of them, by id and by the names of their values.
    [LoggerMessage(2070, LogLevel.Information, "Job {Job} began on runner {RunnerId} of the class {Class}, {QueueSeconds:F0} s after it was queued.")]
    public static partial void JobBegan(this ILogger logger, string job, string runnerId, string @class, double queueSeconds);

    [LoggerMessage(2071, LogLevel.Information, "Runner {RunnerId} of the class {Class} ended: {Code} {Reason}")]
    public static partial void RunnerEnded(this ILogger logger, string runnerId, string @class, string code, string reason);

    [LoggerMessage(2072, LogLevel.Warning, "Runner {RunnerId} of the class {Class} failed: {Code} {Reason}")]
    public static partial void RunnerFailed(this ILogger logger, string runnerId, string @class, string code, string reason);

    [LoggerMessage(2073, LogLevel.Information, "A sweep is done: {Due} records were due, {Launched} runners launched, {OrphanedCompute} computes and {GhostRegistrations} registrations without a record, {MissedJobs} jobs that no webhook told of, {Errors} errors.")]
    public static partial void SweepDone(this ILogger logger, int due, int launched, int orphanedCompute, int ghostRegistrations, int missedJobs, int errors);

    [LoggerMessage(2074, LogLevel.Information, "Class {Class}: {Active} runners hold a place.")]
    public static partial void ClassInUse(this ILogger logger, string @class, int active);

    [LoggerMessage(2075, LogLevel.Information, "{Waiting} runners or more wait to be launched, the longest ({RunnerId}, class {Class}) for {WaitSeconds:F0} s: {Reason}")]
    public static partial void RunnersWait(this ILogger logger, int waiting, string runnerId, string @class, double waitSeconds, string reason);
}
