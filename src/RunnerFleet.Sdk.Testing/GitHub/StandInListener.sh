#!/bin/sh
# Behaves towards the GitHub stand-in as bin/Runner.Listener of GitHub's runner does towards GitHub: connects, waits for one
# job, "runs" it with its hooks, and exits. For containers: needs a POSIX shell, curl and jq. Its twin in C# is StandInRunner.
set -u

most_tries=30
ready=
session=
job=
name=
waited_for=

# Everything that takes time is waited for like this: a shell runs its traps during wait, but not during a command.
patiently() {
    "$@" &
    waited_for=$!
    wait "$waited_for"
}

timed() { printf '%s: %s\n' "$(date -u '+%Y-%m-%d %H:%M:%SZ')" "$1"; }

# Becomes a curl, so that its process is the one that is waited for and ended; to be called in a subshell.
# The credential reaches it through its standard input: command lines can be read by everyone.
send() {
    exec curl --config - --silent --noproxy '*' --max-time "$4" --request "$1" --header 'Content-Type: application/json' \
        --data "$3" --output "$folder/answer" --write-out '%{http_code}' > "$folder/status" << END
header = "Authorization: Bearer $credential"
url = "$server/_runner/$2"
END
}

# Sends a request, again for a while when nobody answers, and puts its answer into $status and the file "answer".
request() {
    try=0
    while :; do
        : > "$folder/answer"
        patiently send "$1" "$2" "${3-}" 40 && break
        try=$((try + 1))
        if [ "$try" -ge "$most_tries" ]; then
            echo 'GitHub cannot be reached.'
            exit 1
        fi
        patiently sleep 1
    done
    status=$(cat "$folder/status")
}

answered() { jq -r "$1" "$folder/answer"; }

# A hook fails its job; like the real one it runs under bash -e, where there is one.
hook() {
    [ -n "$1" ] || return 0
    shell='sh'
    command -v bash > /dev/null && shell=bash
    patiently env GITHUB_ACTIONS=true CI=true RUNNER_NAME="$runner" "$shell" -e "$1"
}

# What SIGTERM does to the real one: an idle runner leaves and its registration stays; a running job is reported as failed.
stop() {
    trap '' TERM INT
    [ -n "$ready" ] || exit 143
    if [ -n "$waited_for" ]; then kill "$waited_for" 2> /dev/null; fi
    if [ -n "$job" ]; then
        (send POST "sessions/$session/jobs/$job/complete" '{"conclusion":"failure"}' 5)
        timed "Job $name completed with result: Failed"
    elif [ -n "$session" ]; then
        (send DELETE "sessions/$session" '' 5)
    fi
    echo 'Exiting...'
    exit 143
}

run_job() {
    job=$(answered .jobId)
    name=$(answered .name)
    left=$(answered '.seconds * 1000 | floor')
    conclusion=$(answered .conclusion)
    timed "Running job: $name"
    if ! hook "${ACTIONS_RUNNER_HOOK_JOB_STARTED-}"; then
        conclusion=failure
        left=0
    fi
    while [ "$left" -gt 0 ]; do
        pause=$((left < 500 ? left : 500))
        patiently sleep "$(printf '0.%03d' "$pause")"
        left=$((left - pause))
        request POST "sessions/$session/jobs/$job/renew"
        if [ "$status" = 200 ] && [ "$(answered .cancel)" = true ]; then
            conclusion=cancelled
            break
        fi
    done
    hook "${ACTIONS_RUNNER_HOOK_JOB_COMPLETED-}" || conclusion=failure
    request POST "sessions/$session/jobs/$job/complete" "{\"conclusion\":\"$conclusion\"}"
    job=
    case $conclusion in
        success) result=Succeeded ;;
        cancelled) result=Canceled ;;
        *) result=Failed ;;
    esac
    timed "Job $name completed with result: $result"
}

trap stop TERM INT
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

read_config() { printf '%s' "${ACTIONS_RUNNER_INPUT_JITCONFIG-}" | jq -Rr "@base64d | fromjson | $1" 2> /dev/null; }
server=$(read_config '.[".runner"] | @base64d | fromjson | .ServerUrl | rtrimstr("/")')
runner=$(read_config '.[".runner"] | @base64d | fromjson | .AgentName')
credential=$(read_config '.[".credentials"] | @base64d | fromjson | .Data.clientSecret')
unset ACTIONS_RUNNER_INPUT_JITCONFIG # as the real one does: neither job nor hooks get it
case $server in
    http://* | https://*) ;;
    *)
        echo 'The just-in-time configuration cannot be read.'
        exit 1
        ;;
esac
ready=yes

# A runner that was killed a moment ago still counts as connected; the real listener waits it out too.
tries=0
while request POST sessions && [ "$status" = 409 ] && [ "$tries" -lt "$most_tries" ]; do
    tries=$((tries + 1))
    patiently sleep 1
done
if [ "$status" != 201 ]; then
    echo 'The runner registration has been deleted from the server, please re-configure.'
    exit 1
fi
session=$(answered .sessionId)
printf '\n√ Connected to GitHub\n\n'
echo "Current runner version: '2.336.0'"
timed 'Listening for Jobs'
while :; do
    request GET "sessions/$session/job?wait=20"
    case $status in
        200)
            run_job
            exit 0
            ;;
        204) ;;
        404)
            echo 'The runner registration has been deleted from the server.'
            exit 1
            ;;
        *) patiently sleep 1 ;;
    esac
done
