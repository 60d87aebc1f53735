using System.Text.Json.Nodes;
using RunnerFleet.Hosts.Tests;
using RunnerFleet.LambdaHost.Tests.Runtime;

namespace RunnerFleet.LambdaHost.Tests;

/// <summary>What is published with a host is what its deps.json names.</summary>
public sealed class PublishedHostsTests
{
    private static readonly string[] Foreign = ["xunit", "Microsoft.Testing", "Microsoft.TestPlatform", "Microsoft.NET.Test", "NUnit", "MSTest", "FsCheck", "NSubstitute", "Testcontainers", "RunnerFleet.Sdk.Testing.Xunit"];

    public static TheoryData<string> Programs => [HostProcess.Program, FunctionProcess.Program];

    [Theory, MemberData(nameof(Programs))]
    public void A_host_brings_no_test_framework(string program)
    {
        var libraries = LibrariesOf(program);

        Assert.Contains(libraries, name => name.StartsWith("RunnerFleet.Sdk/", StringComparison.Ordinal));
        Assert.DoesNotContain(libraries, name => Foreign.Any(f => name.StartsWith(f, StringComparison.OrdinalIgnoreCase)));
        var files = Directory.EnumerateFiles(Path.GetDirectoryName(program)!, "*.dll", SearchOption.AllDirectories).Select(Path.GetFileName);
        Assert.DoesNotContain(files, name => Foreign.Any(f => name!.StartsWith(f, StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public void Only_the_host_with_a_demo_brings_its_stand_ins()
    {
        Assert.Contains(LibrariesOf(HostProcess.Program), IsTesting);
        Assert.DoesNotContain(LibrariesOf(FunctionProcess.Program), IsTesting);

        static bool IsTesting(string name) => name.StartsWith("RunnerFleet.Sdk.Testing/", StringComparison.Ordinal);
    }

    private static List<string> LibrariesOf(string program) =>
        [.. JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(program, ".deps.json")))!["libraries"]!.AsObject().Select(library => library.Key)];
}
