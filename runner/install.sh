#!/bin/sh
# The Dockerfile's steps as a script, so that they can be read, checked and fail with a sentence. Runs as root, while an image is built.
set -eu

readonly UNFIT=65 # this base, this architecture or this archive cannot become a runner image

die() {
  printf 'runnerfleet: %s\n' "$1" >&2
  exit "$UNFIT"
}

# What GitHub's runner needs, and what entrypoint.sh needs: https://github.com/actions/runner/blob/main/docs/start/envlinux.md
packages() {
  ID='' PRETTY_NAME=''
  if [ -r /etc/os-release ]; then
    # shellcheck disable=SC1091 # it is the base's
    . /etc/os-release
  fi
  case $ID in
    debian | ubuntu) ;;
    *) die "The base image must be Debian or Ubuntu; this one is ${PRETTY_NAME:-${ID:-something without /etc/os-release}}. Choose another image, such as ubuntu:22.04 or debian:bookworm." ;;
  esac
  command -v apt-get > /dev/null || die "The base image has no apt-get, so nothing can be installed in it. Choose one with it, such as ubuntu:22.04 or debian:bookworm."
  architecture > /dev/null

  export DEBIAN_FRONTEND=noninteractive
  apt-get -o Acquire::Retries=3 update -q
  ssl=$(newest '^libssl[0-9.]*\(t64\)\{0,1\}$')
  icu=$(newest '^libicu[0-9]*\(t64\)\{0,1\}$')
  apt-get -o Acquire::Retries=3 install -y -q --no-install-recommends \
    bash ca-certificates curl git gzip jq libkrb5-3 libstdc++6 passwd perl-base tar zlib1g "$ssl" "$icu"
  apt-get clean
  rm -rf /var/lib/apt/lists/*
  user
}

# Of the libraries whose names hold their version, the newest that this base has.
newest() {
  for name in $(apt-cache pkgnames lib | grep "$1" | sort -Vr); do
    if apt-cache show --no-all-versions "$name" > /dev/null 2>&1; then
      echo "$name"
      return
    fi
  done
  die "The base image's package sources have nothing that fits $1."
}

# No sudo: a job that is to install packages brings an image that has them.
user() {
  if [ "$(id -u runner 2> /dev/null || true)" != 1001 ]; then
    for kind in passwd group; do
      for taken in 1001 runner; do
        ! getent "$kind" "$taken" > /dev/null || die "The base image has $taken in its list of $kind already. The runner needs the user and the group runner with the number 1001."
      done
    done
    groupadd --gid 1001 runner
    useradd --uid 1001 --gid 1001 --create-home --home-dir /home/runner --shell /bin/bash runner
  fi
  install -d -o runner -g 1001 /home/runner
}

architecture() {
  case $(dpkg --print-architecture) in
    amd64) echo x64 ;;
    arm64) echo arm64 ;;
    *) die "There is no runner for the architecture $(dpkg --print-architecture); there is for amd64 and arm64." ;;
  esac
}

# From the build context where the archive is there, else from RUNNER_URL; checked either way.
runner() {
  architecture=$(architecture)
  case $architecture in
    x64) sum=$RUNNER_SHA256_X64 ;;
    arm64) sum=$RUNNER_SHA256_ARM64 ;;
  esac
  name=actions-runner-linux-$architecture-$RUNNER_VERSION.tar.gz
  archive=/opt/runnerfleet/archive/$name
  if [ -f "$archive" ]; then
    echo "runnerfleet: Takes $name from the build context."
  else
    echo "runnerfleet: Fetches $RUNNER_URL/v$RUNNER_VERSION/$name."
    curl -fsSL --proto '=https,http' --retry 3 -o "$archive" "$RUNNER_URL/v$RUNNER_VERSION/$name" ||
      die "$name could not be fetched. Where the builder cannot reach $RUNNER_URL, put the archive into the folder archive beside the Dockerfile."
  fi
  echo "$sum  $archive" | sha256sum -c - > /dev/null ||
    die "The checksum of $name is $(sha256sum "$archive" | cut -c 1-64), not $sum. Either the archive is not the release, or version and checksum do not belong together."
  tar -xzf "$archive" -C /home/runner --no-same-owner
  [ -x /home/runner/bin/Runner.Listener ] || die "$name is no runner: it has no bin/Runner.Listener."
}

# What supervises a job is not the job's to change. The context may have come from a system without Unix modes.
seal() {
  chown -R 0:0 /opt/runnerfleet
  chmod -R u=rwX,go=rX /opt/runnerfleet
}

case ${1:-} in
  packages | runner | seal) "$1" ;;
  *) die 'Give one of: packages, runner, seal.' ;;
esac
