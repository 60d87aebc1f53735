using System.Reflection;
using System.Security.Cryptography;
using RunnerFleet.Hosts.Tests;

namespace RunnerFleet.LambdaHost.Tests.Runtime;

/// <summary>samples/LambdaHost as a process of its own, as Lambda starts it.</summary>
internal sealed class FunctionProcess : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "runnerfleet-l" + RandomNumberGenerator.GetHexString(10, lowercase: true))).FullName;
    private readonly HostProcess _process;

    private FunctionProcess(IEnumerable<KeyValuePair<string, string>> settings) => _process = HostProcess.Start(_folder, settings, [Program]);

    public static string Program { get; } = Path.GetFullPath(typeof(FunctionProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "LambdaHost").Value!);

    public string Output => _process.Output;

    public static FunctionProcess Start(IEnumerable<KeyValuePair<string, string>> settings, params (string Name, string Value)[] others) =>
        new(settings.Concat(others.Select(other => KeyValuePair.Create(other.Name, other.Value))));

    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
