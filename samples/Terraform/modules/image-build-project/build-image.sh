#!/usr/bin/env bash
# Builds one runner image and pushes it to ECR. Nothing of what it is told is ever read by a shell again.
#
# What to build, told by RunnerFleet for each build; in brackets the names of FonsecaGoncalo/ECS-Runner-Fleet, which are understood too:
#   RUNNERFLEET_BASE_IMAGE [BASE_IMAGE]     the base, such as docker.io/library/ubuntu:22.04
#   RUNNERFLEET_REPOSITORY_URI [REPO_URI]   the ECR repository
#   RUNNERFLEET_IMAGE_TAG [TAG]             the tag
#   RUNNERFLEET_ARCHITECTURE                x64 or arm64, which must be this machine's; it is taken from the machine where it is not told
#   RUNNERFLEET_RUNNER_VERSION              the version of GitHub's runner, else the Dockerfile's own
#   RUNNERFLEET_BUILD_ARG_<NAME>            further arguments of the Dockerfile
#   RUNNERFLEET_NO_CACHE                    true builds from the base up
# RUNNERFLEET_FLEET and RUNNERFLEET_BUILD_NUMBER say who asks, and for which build of this image; nothing here depends on them.
#
# How, set in the project where another way is wanted:
#   RUNNERFLEET_CONTEXT                     the folder with the Dockerfile: runner
#   RUNNERFLEET_CACHE                       registry keeps layers in the repository, tagged cache-...; none does not
#   RUNNERFLEET_COMPRESSION                 gzip; zstd is unpacked faster, and does not go with SOCI
#   RUNNERFLEET_SOCI                        true adds a SOCI index, with which Fargate starts large images before it has all of them. Takes soci (with
#                                           convert --standalone) and crane, on the PATH of the build's image or fetched from
#   RUNNERFLEET_SOCI_URL, _SHA256           an archive with soci, and its checksum
#   RUNNERFLEET_CRANE_URL, _SHA256          an archive with crane, and its checksum
#   RUNNERFLEET_BUILDKIT_IMAGE              another BuildKit, such as a copy in ECR: the default comes from Docker Hub
#   RUNNERFLEET_DOCKERHUB_USERNAME, _PASSWORD   a login to Docker Hub, whose anonymous limit CodeBuild's machines share
set -euo pipefail

readonly USAGE=64 # what it was told makes no sense
readonly UNFIT=65 # this base can never become a runner image; runner/install.sh ends with it
readonly failure=${RUNNERFLEET_FAILURE_FILE:-/tmp/runnerfleet-failure}

die() {
  printf 'build-image: %s\n' "$2" >&2
  printf '%s' "$2" | tr '\n' ' ' | cut -c 1-400 > "$failure"
  exit "$1"
}

rm -f "$failure"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

base=${RUNNERFLEET_BASE_IMAGE:-${BASE_IMAGE:-}}
repository=${RUNNERFLEET_REPOSITORY_URI:-${REPO_URI:-}}
tag=${RUNNERFLEET_IMAGE_TAG:-${TAG:-}}
[ -n "$base" ] || die "$USAGE" 'RUNNERFLEET_BASE_IMAGE is not set.'
[ -n "$repository" ] || die "$USAGE" 'RUNNERFLEET_REPOSITORY_URI is not set.'
[[ $tag =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ ]] || die "$USAGE" "RUNNERFLEET_IMAGE_TAG is not set, or no tag: '$tag'."

case $(uname -m) in
  x86_64) machine=x64 platform=linux/amd64 ;;
  aarch64 | arm64) machine=arm64 platform=linux/arm64 ;;
  *) die "$USAGE" "There are no runners for the architecture $(uname -m)." ;;
esac
[ "${RUNNERFLEET_ARCHITECTURE:-$machine}" = "$machine" ] ||
  die "$USAGE" "An image for ${RUNNERFLEET_ARCHITECTURE} cannot be built on this machine, which is $machine. Set ArmProject or ArmImage of the image builder."

context=${RUNNERFLEET_CONTEXT:-runner}
[ -f "$context/Dockerfile" ] || die "$USAGE" "The source has no $context/Dockerfile."

compression=${RUNNERFLEET_COMPRESSION:-gzip}
soci=${RUNNERFLEET_SOCI:-false}
cache=${RUNNERFLEET_CACHE:-registry}
case $compression in gzip | zstd) ;; *) die "$USAGE" "RUNNERFLEET_COMPRESSION is gzip or zstd, not '$compression'." ;; esac
case $soci in true | false) ;; *) die "$USAGE" "RUNNERFLEET_SOCI is true or false, not '$soci'." ;; esac
case $cache in registry | none) ;; *) die "$USAGE" "RUNNERFLEET_CACHE is registry or none, not '$cache'." ;; esac
[ "$soci $compression" != 'true zstd' ] || die "$USAGE" 'A SOCI index takes RUNNERFLEET_COMPRESSION=gzip.'

# A program that the build's image lacks, from an archive of the project's choice.
need() {
  command -v "$1" > /dev/null && return
  local url=$2 sum=$3
  [ -n "$url$sum" ] || die "$USAGE" "RUNNERFLEET_SOCI takes $1: put it on the PATH of the build's image, or set RUNNERFLEET_${1^^}_URL and RUNNERFLEET_${1^^}_SHA256."
  mkdir -p "$work/bin"
  curl -fsSL --proto '=https' --retry 3 -o "$work/$1.tar.gz" "$url" || die 1 "$1 could not be fetched from $url."
  echo "$sum  $work/$1.tar.gz" | sha256sum -c - > /dev/null || die 1 "The checksum of $url is not $sum."
  tar -xzf "$work/$1.tar.gz" -C "$work/bin"
  export PATH="$work/bin:$PATH"
  command -v "$1" > /dev/null || die 1 "The archive $url holds no $1."
}

# Logs in to the ECR registry of an image, if it is in one.
login() {
  local registry=${1%%/*} region
  case $registry in
    [0-9]*.dkr.ecr.* | [0-9]*.dkr.ecr-fips.*) region=$(cut -d . -f 4 <<< "$registry") ;;
    [0-9]*.dkr-ecr.* | [0-9]*.dkr-ecr-fips.*) region=$(cut -d . -f 3 <<< "$registry") ;;
    *) return 0 ;;
  esac
  aws ecr get-login-password --region "$region" | docker login --username AWS --password-stdin "$registry" > /dev/null ||
    die 1 "No login to $registry: the service role of the project needs ecr:GetAuthorizationToken."
}

docker info > /dev/null 2>&1 || die 1 'The Docker daemon does not answer. The project must run in privileged mode.'
if [ "$soci" = true ]; then
  need soci "${RUNNERFLEET_SOCI_URL:-}" "${RUNNERFLEET_SOCI_SHA256:-}"
  need crane "${RUNNERFLEET_CRANE_URL:-}" "${RUNNERFLEET_CRANE_SHA256:-}"
fi

login "$repository"
[ "${base%%/*}" = "${repository%%/*}" ] || login "$base"
if [ -n "${RUNNERFLEET_DOCKERHUB_USERNAME:-}" ]; then
  printf '%s' "${RUNNERFLEET_DOCKERHUB_PASSWORD:-}" | docker login --username "$RUNNERFLEET_DOCKERHUB_USERNAME" --password-stdin > /dev/null ||
    die 1 'Docker Hub refuses RUNNERFLEET_DOCKERHUB_USERNAME and _PASSWORD.'
fi

# A builder of its own: the daemon's does not write caches, zstd or archives.
builder=(--name runnerfleet --driver docker-container)
[ -z "${RUNNERFLEET_BUILDKIT_IMAGE:-}" ] || builder+=(--driver-opt "image=$RUNNERFLEET_BUILDKIT_IMAGE")
docker buildx create "${builder[@]}" > /dev/null || die 1 'No builder could be made. The image of the build needs docker buildx.'

arguments=(--builder runnerfleet --pull --platform "$platform" --provenance=false --progress=plain --build-arg "BASE_IMAGE=$base")
[ -z "${RUNNERFLEET_RUNNER_VERSION:-}" ] || arguments+=(--build-arg "RUNNER_VERSION=$RUNNERFLEET_RUNNER_VERSION")
for variable in "${!RUNNERFLEET_BUILD_ARG_@}"; do
  arguments+=(--build-arg "${variable#RUNNERFLEET_BUILD_ARG_}=${!variable}")
done
if [ "${RUNNERFLEET_NO_CACHE:-}" = true ]; then
  arguments+=(--no-cache)
fi
if [ "$cache" = registry ]; then
  # What two images over one base share: all but the last layers.
  kept=$repository:cache-$(printf '%s %s' "$base" "$machine" | sha256sum | cut -c 1-24)
  arguments+=(--cache-to "type=registry,ref=$kept,mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true")
  [ "${RUNNERFLEET_NO_CACHE:-}" = true ] || arguments+=(--cache-from "type=registry,ref=$kept")
fi
if [ "$soci" = true ]; then
  arguments+=(--output "type=oci,dest=$work/image.tar")
elif [ "$compression" = zstd ]; then
  arguments+=(--output "type=image,name=$repository:$tag,push=true,oci-mediatypes=true,compression=zstd,force-compression=true")
else
  arguments+=(--output "type=image,name=$repository:$tag,push=true,oci-mediatypes=true")
fi

echo "build-image: Builds $repository:$tag from $base."
if ! docker buildx build "${arguments[@]}" "$context" 2>&1 | tee "$work/log"; then
  if grep -q "exit code: $UNFIT" "$work/log"; then
    die "$UNFIT" "$(grep -o 'runnerfleet: .*' "$work/log" | tail -n 1)"
  fi
  die 1 "$(grep '^ERROR: ' "$work/log" | tail -n 1 || echo 'docker buildx build failed.')"
fi

if [ "$soci" = true ]; then
  soci convert --standalone --format oci-dir "$work/image.tar" "$work/soci" || die 1 'soci could not index the image.'
  crane push --index "$work/soci" "$repository:$tag" || die 1 "crane could not push $repository:$tag."
fi
echo "build-image: Pushed $repository:$tag."
