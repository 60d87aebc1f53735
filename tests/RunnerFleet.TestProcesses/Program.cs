using RunnerFleet.Local.Processes;
using RunnerFleet.TestProcesses;

if (RunnerSupervisor.IsRequested(args)) return await RunnerSupervisor.RunAsync(args);

return args switch
{
    ["image-build-host", .. var rest] => await ImageBuildHost.RunAsync(rest),
    ["launch-host", .. var rest] => await LaunchHost.RunAsync(rest),
    ["stand-in"] => await StandIn.RunAsync(),
    ["sqlite-writer", var path] => await SqliteWriterProcess.RunAsync(path),
    _ => 64,
};
