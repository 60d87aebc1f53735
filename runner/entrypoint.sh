#!/bin/sh
# The life of one single-use runner in a container: claim a registration, run the listener of GitHub's runner, end with its exit code.
# README.md says what it takes from its environment and what its exit codes mean. POSIX sh; needs curl, jq and perl.
set -u

readonly BAD_CALL=64 NOT_NEEDED=65 CLAIM_REFUSED=67 CLAIM_TIMED_OUT=68 RUNNER_NOT_STARTED=69 FAULT=70 GONE=71 IDLE=72 CLAIM_MALFORMED=73

here=${0%/*}
home=${RUNNERFLEET_RUNNER_HOME:-/home/runner}
state=$home/.runnerfleet # report.sh and the hooks look here too

phase=claim
child=     # the process that is waited for
listener=  # the runner's program, and the process group of all that it starts
stop_code= # with what to end, once told to stop
kill_at=   # when the grace time is over
idle_at=   # when no job has come for long enough
timer=
woken=     # a signal came

say() {
  printf 'runnerfleet: %s\n' "$1" >&2
}

die() {
  say "$2"
  exit "$1"
}

# Seconds since the machine's start: unlike the time of day it only goes forward.
now() {
  read -r seconds _ < /proc/uptime
  echo "${seconds%%.*}"
}

# Text from outside, cut and without control characters.
shown() {
  LC_ALL=C tr -c '[:print:]' ' ' | cut -c 1-300
}

# ---- Signals ----

# shellcheck disable=SC2317 # called by a trap
on_stop() {
  woken=yes
  [ -z "$stop_code" ] || return 0
  stop_code=$1
  say "Told to stop ($2)."
  [ -z "$child" ] || end_child
}

end_child() {
  kill -s TERM "$child" 2> /dev/null
  if [ "$phase" = run ] && [ -z "$kill_at" ]; then
    kill_at=$(($(now) + stop_seconds))
    wake_in "$stop_seconds"
  fi
}

# The timer, or anybody else: a job runs as the same user and could send the signal too, so the clock decides.
# shellcheck disable=SC2317 # called by a trap
on_wake() {
  woken=yes
  if [ -n "$kill_at" ]; then
    [ "$(now)" -ge "$kill_at" ] || return 0
    say "The runner did not end within $stop_seconds s and is killed."
    kill_tree
  elif [ -z "$stop_code" ] && [ -n "$idle_at" ] && [ "$(now)" -ge "$idle_at" ]; then
    idle_at=
    ! has_job || return 0
    say "No job came within $idle_seconds s, and the control plane did not end this runner: is it gone? The runner is stopped."
    stop_code=$IDLE
    [ -z "$child" ] || end_child
  fi
}

# One timer at a time. It wakes this shell out of its wait.
wake_in() {
  no_wake
  (
    nap=
    trap '[ -z "$nap" ] || kill "$nap"; exit 0' TERM
    sleep "$1" &
    nap=$!
    wait "$nap" && kill -s USR1 "$$"
  ) > /dev/null 2>&1 &
  timer=$!
}

no_wake() {
  [ -z "$timer" ] || kill -s TERM "$timer" 2> /dev/null
  timer=
}

# Waits for the process that was started last and leaves its exit code in $code.
# A signal interrupts a wait; then the same process is waited for again. When the wait had been over already, the shell answers the same code once more, or 127.
await() {
  child=$!
  [ -z "$stop_code" ] || end_child # the signal came before the process
  wait "$child"
  code=$?
  while [ -n "$woken" ]; do
    woken=
    wait "$child"
    again=$?
    [ "$again" -ne 127 ] || break
    code=$again
  done
  child=
}

# Waits, and says whether to go on.
pause() {
  sleep "$1" &
  await
  [ -n "$stop_code" ] || return 0
  code=$stop_code
  false
}

# ---- Configuration ----

is_made_of() ( # a subshell, for its locale
  LC_ALL=C
  case $2 in
    '' | *[!$1]*) false ;;
  esac
)

number() { # name, default
  eval "value=\${$1:-$2}"
  # shellcheck disable=SC2154 # assigned by eval
  if ! is_made_of 0-9 "$value" || [ "${#value}" -gt 7 ] || [ "${value#0}" != "$value" ]; then
    die "$BAD_CALL" "$1 must be a whole number of seconds from 1 to 9999999."
  fi
  echo "$value"
}

configure() {
  url=${RUNNERFLEET_URL:-} runner=${RUNNERFLEET_RUNNER_ID:-} attempt=${RUNNERFLEET_ATTEMPT:-}
  case $url in
    http://?* | https://?*) is_made_of ']A-Za-z0-9:/._~%[-' "$url" ;;
    *) false ;;
  esac || die "$BAD_CALL" 'RUNNERFLEET_URL must be the address of the control plane, such as https://runners.example.com.'
  url=${url%/}
  if ! is_made_of 0-9A-HJKMNP-TV-Z "$runner" || [ "${#runner}" -ne 26 ]; then
    die "$BAD_CALL" 'RUNNERFLEET_RUNNER_ID must be a runner id: 26 characters.'
  fi
  if ! is_made_of 0-9 "$attempt" || [ "${#attempt}" -gt 9 ] || [ "${attempt#0}" != "$attempt" ]; then
    die "$BAD_CALL" 'RUNNERFLEET_ATTEMPT must be a number from 1.'
  fi
  claim_seconds=$(number RUNNERFLEET_CLAIM_SECONDS 600) || exit # the engine's own default for a claim
  idle_seconds=$(number RUNNERFLEET_IDLE_SECONDS 7200) || exit  # the engine's own default for a runner's life without a job
  stop_seconds=$(number RUNNERFLEET_STOP_SECONDS 25) || exit    # a cancelled job takes up to 13 s; a container is killed after 30 s
  retry_seconds=$(number RUNNERFLEET_RETRY_SECONDS 5) || exit   # as run.sh of the runner does
  for program in curl jq perl sleep tr cut sed; do
    command -v "$program" > /dev/null || die "$FAULT" "$program is missing in this image."
  done
  [ -x "$home/bin/Runner.Listener" ] || die "$RUNNER_NOT_STARTED" "The runner's program bin/Runner.Listener is not in $home."
}

# A container that is started again would claim for a runner that has had its life.
take_life() {
  if ! (umask 077 && mkdir "$state") 2> /dev/null; then
    [ ! -d "$state" ] || die "$NOT_NEEDED" 'This container has been started before. A runner is single use; nothing was started.'
    die "$FAULT" "The folder $home cannot be written to; the runner needs that."
  fi
}

# ---- Claim ----

# Ends with the registration in $name, $jit and the reports' header, or ends this script.
claim() {
  pause_seconds=1
  deadline=$(($(now) + claim_seconds))
  say "Runner $runner, attempt $attempt: claims its registration from $url."
  while :; do
    ask
    case $status in
      200)
        ! read_answer || return 0
        trouble='The answer of the control plane cannot be read.'
        ;;
      400) die "$CLAIM_MALFORMED" "The control plane does not understand the claim (400): $(detail)" ;;
      401) die "$CLAIM_REFUSED" 'The control plane does not accept the claim secret (401). Was its claim key changed?' ;;
      410) die "$GONE" "The control plane has no registration for this runner any more (410): $(detail)" ;;
      000) trouble="The control plane cannot be reached, or its answer not read: $(shown < "$state/error")" ;;
      *) trouble="The control plane answered $status." ;;
    esac
    asked=$(retry_after)
    next=${asked:-$pause_seconds}
    [ $(($(now) + next)) -lt "$deadline" ] || die "$CLAIM_TIMED_OUT" "No registration within $claim_seconds s. $trouble"
    say "$trouble The claim is tried again in $next s."
    pause "$next" || stopped_early
    [ $((pause_seconds *= 2)) -le 15 ] || pause_seconds=15
  done
}

# The secret goes through standard input: a command line can be read by everybody.
ask() {
  left=$((deadline - $(now)))
  [ "$left" -le 60 ] || left=60 # behind a claim is a call to GitHub
  [ "$left" -ge 1 ] || left=1
  (
    umask 077
    exec curl -q -g -sS --proto '=http,https' --connect-timeout 10 --max-time "$left" --max-filesize 65536 \
      -o "$state/answer" -D "$state/headers" -w '%{http_code}' \
      -H 'Content-Type: application/json' -H @- --data "{\"runnerId\":\"$runner\",\"attempt\":$attempt}" \
      "$url/runner/claim" > "$state/status" 2> "$state/error"
  ) << END &
Authorization: Bearer $secret
END
  await
  [ -z "$stop_code" ] || stopped_early
  status=000 # an answer that broke off is none
  [ "$code" -ne 0 ] || status=$(cat "$state/status")
}

read_answer() {
  answer=$(jq -er '[.runnerName, .jitConfig, .reportToken] | select(all(type == "string" and test("\\A[A-Za-z0-9+/=._~-]+\\z"))) | join(" ")' "$state/answer" 2> /dev/null) || return
  [ -n "$answer" ] || return # jq 1.6 calls it a success when there is nothing to read
  rest=${answer#* }
  name=${answer%% *} jit=${rest% *}
  (umask 077 && printf 'Authorization: Bearer %s\n' "${rest#* }" > "$state/authorization") || return
  rm -f "$state/answer" "$state/headers" "$state/status" "$state/error"
  unset secret answer rest
}

# 1 to 60 s; otherwise nothing.
retry_after() {
  [ "$status" != 000 ] || return 0
  asked=$(tr -d '\r' < "$state/headers" | sed -n 's/^[Rr][Ee][Tt][Rr][Yy]-[Aa][Ff][Tt][Ee][Rr]: *0*\([0-9]\{1,7\}\) *$/\1/p' | tail -n 1)
  if [ "${asked:-60}" -gt 60 ]; then asked=60; fi
  if [ "${asked:-1}" -lt 1 ]; then asked=1; fi
  echo "$asked"
}

detail() {
  reason=$(jq -r '.detail | strings' "$state/answer" 2> /dev/null)
  printf '%s' "${reason:-no reason was given.}" | shown
}

stopped_early() {
  say 'Stopped before the runner started.'
  exit "$stop_code"
}

# ---- Run ----

# The listener is started by itself: run.sh hides its exit codes and does not pass signals on.
run() {
  [ -z "$stop_code" ] || stopped_early
  phase=run retries=3
  idle_at=$(($(now) + idle_seconds))
  wake_in "$idle_seconds"
  while :; do
    say "Registered as $name. The runner starts."
    (
      cd "$home" || exit "$RUNNER_NOT_STARTED"
      export ACTIONS_RUNNER_INPUT_JITCONFIG="$jit" RUNNERFLEET_RUNNER_NAME="$name"
      export ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE=1 # without it a runner that is too old exits like any other fault
      export ACTIONS_RUNNER_HOOK_JOB_STARTED="$here/hooks/job-started.sh" ACTIONS_RUNNER_HOOK_JOB_COMPLETED="$here/hooks/job-completed.sh"
      # What a shell starts in the background ignores SIGINT, and so would the job's steps; no shell can take that back (POSIX, shell command language 2.11).
      # A process group of its own, so that all that the runner starts can be killed at once.
      # shellcheck disable=SC2016 # it is Perl
      exec perl -e 'setpgrp; $SIG{INT} = $SIG{QUIT} = "DEFAULT"; exec { $ARGV[0] } @ARGV; print STDERR "runnerfleet: The runner could not be started: $!.\n"; exit 69' \
        "$home/bin/Runner.Listener" run
    ) < /dev/null &
    listener=$!
    await
    if [ -n "$stop_code" ] || ! again_after; then
      break
    fi
    retries=$((retries - 1))
  done
  if [ "$stop_code" = "$IDLE" ]; then code=$IDLE; fi
}

# Whether this end is one that GitHub's run.sh would start the listener again after; says what the end means.
again_after() {
  case $code in
    2) ! has_job && [ "$retries" -gt 0 ] && say "The runner met trouble that may pass (exit code 2). It is started again in $retry_seconds s." && pause "$retry_seconds" ;;
    3 | 4) [ "$retries" -gt 0 ] && say "The runner updates itself (exit code $code). Rebuild the image to save that time." && wait_for_update ;;
    *) false ;;
  esac
}

# The update's own script leaves this file; run.sh waits for it for 30 s too, and then starts what is there.
wait_for_update() {
  until_seconds=$(($(now) + 30))
  until [ -f "$home/update.finished" ] || [ "$(now)" -ge "$until_seconds" ]; do
    pause 1 || return
  done
  rm -f "$home/update.finished"
}

has_job() {
  [ -f "$state/job" ] || has_worker
}

# The worker is started before the hook that leaves the mark.
has_worker() {
  for line in /proc/[0-9]*/cmdline; do
    case $(tr '\0' ' ' 2> /dev/null < "$line") in
      "$home/bin/Runner.Worker "* | *" $home/bin/Runner.Worker "*) return 0 ;;
    esac
  done
  false
}

kill_tree() {
  kill -s KILL -- "-$listener" 2> /dev/null
}

meaning() {
  case $code in
    0) echo 'its job is done, or it was stopped' ;;
    1) echo 'GitHub does not know its registration any more, or its configuration is bad' ;;
    2) echo 'trouble that did not pass' ;;
    3 | 4) echo 'it wanted to update itself' ;;
    5) echo 'another runner has its session' ;;
    7) echo "GitHub refuses runner version ${RUNNERFLEET_RUNNER_VERSION:-(unknown)} as too old; rebuild the image with a newer one" ;;
    "$RUNNER_NOT_STARTED") echo 'it could not be started' ;;
    "$IDLE") echo 'no job came' ;;
    137) echo 'it was killed: by its time limit, or for want of memory' ;;
    130 | 143) echo 'it was stopped' ;;
    *) echo 'it failed' ;;
  esac
}

# ---- From start to end ----

trap 'on_stop 143 SIGTERM' TERM
trap 'on_stop 129 SIGHUP' HUP
trap 'on_stop 130 SIGINT' INT
trap 'on_stop 131 SIGQUIT' QUIT
trap on_wake USR1

# The environment a process was started with stays readable in /proc. So this script starts itself again without what no job should see; the secret comes along on descriptor 3.
if [ "$#" -eq 0 ]; then
  secret=${RUNNERFLEET_CLAIM_SECRET:-}
  is_made_of A-Za-z0-9+/=._~- "$secret" || die "$BAD_CALL" 'RUNNERFLEET_CLAIM_SECRET must be a claim secret. RunnerFleet starts this image; by hand there is nothing to start.'
  unset RUNNERFLEET_CLAIM_SECRET ACTIONS_RUNNER_INPUT_JITCONFIG ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT \
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE \
    AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN AWS_EXECUTION_ENV \
    ECS_CONTAINER_METADATA_URI ECS_CONTAINER_METADATA_URI_V4 ECS_CONTAINER_METADATA_FILE ECS_AGENT_URI
  [ -z "$stop_code" ] || stopped_early
  exec /bin/sh "$0" supervise 3<< END
$secret
END
fi

if [ "$*" != supervise ] || ! { IFS= read -r secret <&3; } 2> /dev/null; then
  die "$BAD_CALL" 'This image takes no arguments. To look around in it: docker run --rm -it --entrypoint /bin/bash IMAGE'
fi
exec 3<&-

configure
take_life
claim
run

no_wake
trap '' TERM HUP INT QUIT USR1
kill_tree # a runner's end is the end of all that its job started
say "The runner ended with exit code $code: $(meaning)."
/bin/sh "$here/report.sh" exiting
exit "$code"
