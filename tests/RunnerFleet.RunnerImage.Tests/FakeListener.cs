namespace RunnerFleet.RunnerImage.Tests;

/// <summary>Stands in for <c>bin/Runner.Listener</c>: writes down what it was given, and then does what a test says, with a few words for it.</summary>
internal static class FakeListener
{
    /// <summary>Does a job from hook to hook, as the worker does, and ends well.</summary>
    public const string DoesItsJob = """
        job_starts
        job_ends
        exit 0
        """;

    /// <summary>Waits for a job that never comes.</summary>
    public const string Waits = "wait_for no-such-file";

    public static string Script(string body) => $$"""
        #!/bin/sh
        home=${RUNNERFLEET_RUNNER_HOME:-/home/runner}
        seen=$home/seen
        mkdir -p "$seen"
        tr '\0' '\n' < /proc/$$/environ > "$seen/environment"
        grep SigIgn /proc/self/status > "$seen/signals"
        echo "$*" > "$seen/arguments"
        pwd > "$seen/folder"
        echo $$ >> "$seen/starts"
        unset ACTIONS_RUNNER_INPUT_JITCONFIG

        note() { echo "$2" > "$seen/$1.new" && mv "$seen/$1.new" "$seen/$1"; }
        wait_for() { until [ -e "$home/$1" ]; do sleep 0.05; done; }
        job_starts() { bash -e "$ACTIONS_RUNNER_HOOK_JOB_STARTED"; note started "$?"; }
        job_ends() { bash -e "$ACTIONS_RUNNER_HOOK_JOB_COMPLETED"; note completed "$?"; }

        echo 'Listening for Jobs'
        note listening yes
        {{body}}
        """.ReplaceLineEndings("\n");
}
