using RunnerFleet.Local.Processes;
using RunnerFleet.TestProcesses;
using RunnerFleet.TestProcesses.Crash;

if (RunnerSupervisor.IsRequested(args)) return await RunnerSupervisor.RunAsync(args);

return args switch
{
    ["crash-host"] => await CrashHost.RunAsync(),
    ["github-runner"] => await RunnerProgram.RunAsync(),
    ["image-build-host", .. var rest] => await ImageBuildHost.RunAsync(rest),
    ["launch-host", .. var rest] => await LaunchHost.RunAsync(rest),
    ["stand-in"] => await StandIn.RunAsync(),
    ["sqlite-writer", var path] => await SqliteWriterProcess.RunAsync(path),
    _ => 64,
};
