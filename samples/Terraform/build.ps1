<#
.SYNOPSIS
Makes the package of the Lambda functions from samples/LambdaHost: lambda-host.zip beside this script.
.DESCRIPTION
Without -Aot: ReadyToRun, for lambda_runtime = "dotnet10"; can be built on any machine.
With -Aot: Native AOT, for lambda_runtime = "provided.al2023"; on Linux, of the architecture that is built for, with a C compiler and zlib's headers.
Needs the .NET 10 SDK. build.sh does the same in bash.
#>
param(
    [switch] $Aot,
    [ValidateSet('x64', 'arm64')] [string] $Arch = 'x64',
    [string] $Output = (Join-Path $PSScriptRoot 'lambda-host.zip')
)

$ErrorActionPreference = 'Stop'
$project = Join-Path $PSScriptRoot '../LambdaHost/LambdaHost.csproj'

if (-not (Get-Command dotnet -ErrorAction SilentlyContinue)) {
    throw 'There is no dotnet on PATH. Install the .NET 10 SDK: https://dotnet.microsoft.com/download'
}
if (-not (Test-Path $project)) {
    throw 'There is no samples/LambdaHost beside this folder: build from a clone of the whole repository, then set lambda_package to the file.'
}

$properties = @("-p:PublishAot=$Aot", "-p:UseAppHost=$Aot", '-p:ContinuousIntegrationBuild=true', '-p:RunAnalyzers=false')
if ($Aot) {
    $machine = [System.Runtime.InteropServices.RuntimeInformation]::OSArchitecture.ToString().ToLowerInvariant()
    if (-not [System.OperatingSystem]::IsLinux() -or $machine -ne $Arch) {
        throw "Native AOT for Lambda is built on Linux of the same architecture ($Arch). Build there, or without -Aot."
    }
    if (-not (Get-Command clang -ErrorAction SilentlyContinue)) {
        if (-not (Get-Command gcc -ErrorAction SilentlyContinue)) {
            throw "Native AOT links with clang or gcc, and neither is on PATH. Install one, and zlib's headers: apt-get install clang zlib1g-dev"
        }
        $properties += '-p:CppCompilerAndLinker=gcc', '-p:LinkerFlavor=bfd'
    }
}

$published = Join-Path ([System.IO.Path]::GetTempPath()) ([System.Guid]::NewGuid())
try {
    dotnet publish $project -c Release -r "linux-$Arch" -o $published --nologo -v quiet @properties
    if ($LASTEXITCODE -ne 0) { throw 'dotnet publish failed; see above.' }
    dotnet run --file (Join-Path $PSScriptRoot 'package.cs') -- $published $Output
    if ($LASTEXITCODE -ne 0) { throw 'The package could not be written; see above.' }
}
finally {
    if (Test-Path $published) { Remove-Item $published -Recurse -Force }
}

Write-Output $Output
