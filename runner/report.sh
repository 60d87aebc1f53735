#!/bin/sh
# Tells the control plane how far this runner is: `report.sh started`, `completed` or `exiting`. Used by the hooks and by entrypoint.sh.
# A report is a hint, and a job waits for it: whatever happens, this ends within 5 s and with 0.
set -u

header=${RUNNERFLEET_RUNNER_HOME:-/home/runner}/.runnerfleet/authorization
url=${RUNNERFLEET_URL:-}

if [ ! -r "$header" ]; then
  echo "runnerfleet: The report '$1' was not sent: there is no report token." >&2
  exit 0
fi

# The token is read from a file: a command line can be read by everybody.
status=$(curl -q -g -sS --proto '=http,https' --max-time 4 -o /dev/null -w '%{http_code}' \
  -H 'Content-Type: application/json' -H "@$header" --data "{\"runnerId\":\"${RUNNERFLEET_RUNNER_ID:-}\",\"status\":\"$1\"}" \
  "${url%/}/runner/status" 2> /dev/null)

case ${status:-000} in
  204) echo "runnerfleet: Reported '$1'." >&2 ;;
  000) echo "runnerfleet: The report '$1' could not be delivered. The control plane finds out by itself." >&2 ;;
  *) echo "runnerfleet: The report '$1' was answered $status." >&2 ;;
esac
exit 0
