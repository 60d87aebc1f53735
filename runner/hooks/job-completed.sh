#!/bin/bash
# GitHub's runner runs this after the last step of a job. Like job-started.sh it neither fails nor hangs.
/bin/sh "${BASH_SOURCE[0]%/*}/../report.sh" completed || true
exit 0
