#!/usr/bin/env bash
# Makes the package of the Lambda functions from samples/LambdaHost: lambda-host.zip beside this script. The same sources make the same bytes.
#   build.sh                 ReadyToRun, for lambda_runtime = "dotnet10", x64; can be built on any machine
#   build.sh --aot           Native AOT, for lambda_runtime = "provided.al2023"; on Linux, of the architecture that is built for
#   build.sh --arch arm64    for lambda_architecture = "arm64"
# Needs the .NET 10 SDK, and for --aot a C compiler and zlib's headers. build.ps1 does the same in PowerShell.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$here/../LambdaHost/LambdaHost.csproj
aot=false arch=x64 output=$here/lambda-host.zip

die() {
  echo "$1" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --aot) aot=true ;;
    --arch) arch=${2:-} && shift ;;
    --output) output=${2:-} && shift ;;
    *) die "Usage: build.sh [--aot] [--arch x64|arm64] [--output FILE]" ;;
  esac
  shift
done
case $arch in x64 | arm64) ;; *) die "--arch is x64 or arm64." ;; esac
[ -n "$output" ] || die "--output takes the path of a file."
command -v dotnet > /dev/null || die "There is no dotnet on PATH. Install the .NET 10 SDK: https://dotnet.microsoft.com/download"
[ -f "$project" ] || die "There is no samples/LambdaHost beside this folder: build from a clone of the whole repository, then set lambda_package to the file."
case $(uname -m) in x86_64 | amd64) machine=x64 ;; aarch64 | arm64) machine=arm64 ;; *) machine=other ;; esac
if [ "$aot" = true ] && { [ "$(uname -s)" != Linux ] || [ "$machine" != "$arch" ]; }; then
  die "Native AOT for Lambda is built on Linux of the same architecture ($arch). Build there, or without --aot."
fi

# A compiler that links, where there is no clang.
linker=()
if [ "$aot" = true ] && ! command -v clang > /dev/null; then
  command -v gcc > /dev/null || die "Native AOT links with clang or gcc, and neither is on PATH. Install one, and zlib's headers: apt-get install clang zlib1g-dev"
  linker=(-p:CppCompilerAndLinker=gcc -p:LinkerFlavor=bfd)
fi

published=$(mktemp -d)
trap 'rm -rf "$published"' EXIT
dotnet publish "$project" -c Release -r "linux-$arch" -o "$published" --nologo -v quiet \
  -p:PublishAot="$aot" -p:UseAppHost="$aot" -p:ContinuousIntegrationBuild=true -p:RunAnalyzers=false ${linker[@]+"${linker[@]}"}
dotnet run --file "$here/package.cs" -- "$published" "$output"
echo "$output"
