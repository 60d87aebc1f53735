return args switch
{
    ["sqlite-writer", var path] => await RunnerFleet.TestProcesses.SqliteWriterProcess.RunAsync(path),
    _ => 2,
};
