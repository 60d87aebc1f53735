using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace RunnerFleet.Cli.CommandLine;

/// <summary>Writes the tool's version, without the commit that it was built from.</summary>
internal sealed class WriteVersion : SynchronousCommandLineAction
{
    public static string Version { get; } = typeof(WriteVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine(Version);
        return 0;
    }
}
