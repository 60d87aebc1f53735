#!/bin/bash
# GitHub's runner runs this before the first step of a job: https://docs.github.com/en/actions/how-tos/manage-runners/self-hosted-runners/run-scripts
# If it failed the job would fail, and if it hung the job would hang: it does neither.
touch "${RUNNERFLEET_RUNNER_HOME:-/home/runner}/.runnerfleet/job" 2> /dev/null || true # for the idle watch of entrypoint.sh
/bin/sh "${BASH_SOURCE[0]%/*}/../report.sh" started || true
exit 0
