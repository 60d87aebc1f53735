using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RunnerFleet.Compute;

namespace RunnerFleet.Local.Processes;

/// <summary>
/// The folder of one compute. It is all that is known of it, so that whoever looks sees the same, before and after a crash. Every file appears whole,
/// by a rename. Whoever holds the lock is its supervisor: the system lets go of it however the supervisor dies.
/// </summary>
internal sealed class ComputeFolder(string path, ComputeIdentity identity)
{
    public string Path { get; } = path;

    public ComputeIdentity Identity { get; } = identity;

    /// <summary>The runner's own copy of its program, and its working directory.</summary>
    public string RunnerCopy => In("runner");

    public string LogFile => In("runner.log");

    public bool Exists => Directory.Exists(Path);

    public bool HasStarted => File.Exists(In("started.json"));

    public bool IsToStop => File.Exists(In("stop.json"));

    public LaunchRecord? ReadLaunch() => Read("launch.json", ProcessJson.Default.LaunchRecord, _ => null);

    public ProcessRecord? ReadStarted() => Read("started.json", ProcessJson.Default.ProcessRecord, Forgotten);

    public ProcessRecord? ReadRunner() => Read("runner.json", ProcessJson.Default.ProcessRecord, Forgotten);

    public StopRecord? ReadStop() => Read("stop.json", ProcessJson.Default.StopRecord, at => new StopRecord { At = at, Reason = "The stop's reason was lost." });

    public ExitRecord? ReadExit() => Read("exit.json", ProcessJson.Default.ExitRecord, at => new ExitRecord { At = at, Reason = "How it ended was lost.", TreeGone = true });

    public void WriteLaunch(LaunchRecord record) => Write("launch.json", record, ProcessJson.Default.LaunchRecord, replace: false);

    public void WriteStarted(ProcessRecord record) => Write("started.json", record, ProcessJson.Default.ProcessRecord, replace: false);

    public void WriteRunner(ProcessRecord record) => Write("runner.json", record, ProcessJson.Default.ProcessRecord, replace: false);

    /// <summary>Forbids any start from now on, and tells a supervisor to end. The first reason stays.</summary>
    public void WriteStop(StopRecord record) => Write("stop.json", record, ProcessJson.Default.StopRecord, replace: false);

    public void WriteExit(ExitRecord record) => Write("exit.json", record, ProcessJson.Default.ExitRecord, replace: true);

    /// <summary>When it was launched, as far as can be told.</summary>
    public DateTimeOffset LaunchedAt() => ReadLaunch()?.At ?? new DateTimeOffset(Directory.GetCreationTimeUtc(Path), TimeSpan.Zero);

    /// <summary>Whether a supervisor lives. Looking never makes another look fail, but may make a supervisor that just begins try once more.</summary>
    public bool IsSupervised()
    {
        try
        {
            using var look = new FileStream(In("lock"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return false;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Takes the supervisor's lock; <see langword="null"/> when another has it.</summary>
    public FileStream? TrySupervise() => TryHold("lock");

    /// <summary>Takes the turn to start the supervisor; <see langword="null"/> when another launch has it, or the folder is gone.</summary>
    public FileStream? TryTakeTurn() => TryHold("turn");

    /// <summary>Deletes the runner's copy, which held its registration's credentials.</summary>
    public void DeleteRunnerCopy()
    {
        try
        {
            if (Directory.Exists(RunnerCopy))
            {
                Directory.Delete(RunnerCopy, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What cannot be deleted now (a job may have left files of another user) goes with the whole folder, or stays for a person to see.
        }
    }

    private static ProcessRecord Forgotten(DateTimeOffset at) => new() { At = at, Pid = 0, ProcessStartedAt = at };

    private string In(string name) => System.IO.Path.Combine(Path, name);

    private FileStream? TryHold(string name)
    {
        try
        {
            return new FileStream(In(name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads a file; <see langword="null"/> where there is none. One that is there says something by being there, even if a power cut took its content.</summary>
    private T? Read<T>(string name, JsonTypeInfo<T> type, Func<DateTimeOffset, T?> fallback)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(In(name)), type);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException)
        {
            return fallback(new DateTimeOffset(File.GetLastWriteTimeUtc(In(name)), TimeSpan.Zero));
        }
    }

    private void Write<T>(string name, T record, JsonTypeInfo<T> type, bool replace)
    {
        var target = In(name);
        var temporary = $"{target}.{RandomNumberGenerator.GetHexString(8)}.tmp";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(record, type));
        try
        {
            File.Move(temporary, target, replace);
        }
        catch (IOException) when (!replace && File.Exists(target))
        {
            File.Delete(temporary);
        }
    }
}
