namespace RunnerFleet.Runners;

/// <summary>The reason codes that the engine itself writes. Operators alert on them, so they do not change.</summary>
public static class ReasonCodes
{
    /// <summary>GitHub told of the job, by its webhook or when it was asked for what webhooks missed.</summary>
    public const string Queued = "QUEUED";

    /// <summary>A runner was recorded again for a job whose former runner ended or was taken.</summary>
    public const string Replacement = "REPLACEMENT";

    /// <summary>The fleet, class or repository limit is reached; the runner waits for a place.</summary>
    public const string LimitReached = "LIMIT_REACHED";

    /// <summary>The runner's image is being built.</summary>
    public const string ImageBuilding = "IMAGE_BUILDING";

    /// <summary>The runner's image is ready.</summary>
    public const string ImageReady = "IMAGE_READY";

    /// <summary>The image could not be built or is not usable.</summary>
    public const string ImageFailed = "IMAGE_FAILED";

    /// <summary>The image builder could not be asked; it is asked again.</summary>
    public const string ImageUnknown = "IMAGE_UNKNOWN";

    /// <summary>The runner's class is not in the catalogue (any more).</summary>
    public const string UnknownClass = "UNKNOWN_CLASS";

    /// <summary>The class catalogue could not be read and no earlier copy is at hand.</summary>
    public const string ClassesUnavailable = "CLASSES_UNAVAILABLE";

    /// <summary>Places were taken and the launch began.</summary>
    public const string PlacesTaken = "PLACES_TAKEN";

    /// <summary>The launcher started the compute.</summary>
    public const string Launched = "LAUNCHED";

    /// <summary>The compute of this attempt was found, though the reply to its launch was lost.</summary>
    public const string Adopted = "ADOPTED";

    /// <summary>The launcher has no capacity at present; the launch is tried again.</summary>
    public const string NoCapacity = "NO_CAPACITY";

    /// <summary>The launcher asked for fewer calls; the launch is tried again.</summary>
    public const string Throttled = "THROTTLED";

    /// <summary>The launcher refused this launch, and would again.</summary>
    public const string LaunchRejected = "LAUNCH_REJECTED";

    /// <summary>The reply to a launch never came; finding the compute decides.</summary>
    public const string LaunchUnknown = "LAUNCH_UNKNOWN";

    /// <summary>The compute of an attempt is proven not to exist; the runner may be launched again.</summary>
    public const string NotLaunched = "NOT_LAUNCHED";

    /// <summary>A breaker is open: launches would only cost money until its cause is mended.</summary>
    public const string BreakerOpen = "BREAKER_OPEN";

    /// <summary>GitHub refuses, permanently, to register a runner here.</summary>
    public const string RegistrationRefused = "REGISTRATION_REFUSED";

    /// <summary>The runner did not claim its registration in time.</summary>
    public const string NeverClaimed = "NEVER_CLAIMED";

    /// <summary>The runner claimed more registrations than it may.</summary>
    public const string ClaimsExhausted = "CLAIMS_EXHAUSTED";

    /// <summary>The runner claimed its registration.</summary>
    public const string Claimed = "CLAIMED";

    /// <summary>GitHub said that the runner took a job.</summary>
    public const string JobStarted = "JOB_STARTED";

    /// <summary>The runner's own report said that a job began. A hint until GitHub confirms it.</summary>
    public const string ReportedStarted = "REPORTED_STARTED";

    /// <summary>GitHub says that the runner is busy.</summary>
    public const string SeenBusy = "SEEN_BUSY";

    /// <summary>The runner's job is completed.</summary>
    public const string JobCompleted = "JOB_COMPLETED";

    /// <summary>The runner outlived what its fleet needs: more free runners than queued jobs with its labels.</summary>
    public const string Surplus = "SURPLUS";

    /// <summary>The runner was not RUNNING within <c>RunnerTtlSeconds</c>.</summary>
    public const string RunnerTtl = "RUNNER_TTL";

    /// <summary>The job ran longer than its time limit.</summary>
    public const string JobTimeLimit = "JOB_TIME_LIMIT";

    /// <summary>The compute stopped from outside, or by a fault of its own.</summary>
    public const string ComputeStopped = "COMPUTE_STOPPED";

    /// <summary>A person, or a tool, ended the runner.</summary>
    public const string Terminated = "TERMINATED";

    /// <summary>A repository's policy refuses the job.</summary>
    public const string RepositoryRefused = "REPOSITORY_REFUSED";

    /// <summary>Public repositories are refused unless allowed by name.</summary>
    public const string PublicRepository = "PUBLIC_REPOSITORY";

    /// <summary>Neither a class nor an image label, where one is required.</summary>
    public const string ClassOrImageRequired = "CLASS_OR_IMAGE_REQUIRED";

    /// <summary>A job that this fleet refused, or does not know, ran on one of its runners.</summary>
    public const string ForeignJob = "FOREIGN_JOB";

    /// <summary>The tries to give the job a runner are exhausted.</summary>
    public const string TriesExhausted = "TRIES_EXHAUSTED";

    /// <summary>GitHub itself told the job's state when asked.</summary>
    public const string SeenAtGitHub = "SEEN_AT_GITHUB";

    /// <summary>GitHub did not register the runner yet: a rate limit, an outage. It asks again.</summary>
    public const string RegistrationWaits = "REGISTRATION_WAITS";

    /// <summary>The end of a runner began more than an hour ago and is not proven yet.</summary>
    public const string EndingTakesLong = "ENDING_TAKES_LONG";

    /// <summary>Compute of this fleet has no record here.</summary>
    public const string OrphanedCompute = "ORPHANED_COMPUTE";

    /// <summary>A registration of this fleet has no live record here.</summary>
    public const string GhostRegistration = "GHOST_REGISTRATION";

    /// <summary>Clean-up of compute halted: too much of it has no record. The host may look at the wrong store.</summary>
    public const string CleanUpHalted = "CLEAN_UP_HALTED";

    /// <summary>Jobs were found by asking GitHub: their webhooks never came.</summary>
    public const string MissedWebhooks = "MISSED_WEBHOOKS";

    /// <summary>GitHub refuses to be asked for what webhooks missed.</summary>
    public const string NotReconciled = "NOT_RECONCILED";

    /// <summary>A job of somebody else's labels was seen.</summary>
    public const string NotOurs = "NOT_OURS";

    /// <summary>GitHub no longer has the runner's registration: it ran a job, or was removed there.</summary>
    public const string RegistrationGone = "REGISTRATION_GONE";

    /// <summary>The runner claimed its registration and did not come online in time.</summary>
    public const string NeverOnline = "NEVER_ONLINE";

    /// <summary>The control plane's address is not known, so launched runners could not reach it.</summary>
    public const string NoAddress = "NO_ADDRESS";

    /// <summary>A runner asked for another registration while the one it has runs a job: its claim secret may have leaked.</summary>
    public const string ClaimedWhileBusy = "CLAIMED_WHILE_BUSY";

    /// <summary>A claim names a runner that this fleet has no record of.</summary>
    public const string UnknownRunner = "UNKNOWN_RUNNER";

    /// <summary>A claim comes from a runner that has ended.</summary>
    public const string Ended = "ENDED";

    /// <summary>A claim comes from a launch attempt that was given up.</summary>
    public const string OldAttempt = "OLD_ATTEMPT";

    /// <summary>A claim comes from a runner that is online already; its claim secret is dead.</summary>
    public const string Online = "ONLINE";
}
