using System.Reflection;
using System.Runtime.CompilerServices;
using RunnerFleet.Local.Processes;
using RunnerFleet.Testing.GitHub;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Packaging.Tests.Architecture;

public sealed class PublicTypesTests
{
    private static readonly Assembly[] Shipped =
    [
        typeof(IRunnerFleet).Assembly,
        typeof(RunnerSupervisor).Assembly,
        typeof(GitHubStandIn).Assembly,
        typeof(RunnerStoreContract).Assembly,
        Assembly.Load("RunnerFleet.AspNetCore"),
    ];

    public static TheoryData<string> Assemblies => [.. Shipped.Select(a => a.GetName().Name!)];

    [Theory, MemberData(nameof(Assemblies))]
    public void A_public_class_is_sealed_abstract_or_static(string assembly)
    {
        var types = Find(assembly).GetExportedTypes();

        Assert.NotEmpty(types);
        Assert.Empty(types.Where(t => t.IsClass && !t.IsSealed && !t.IsAbstract).Select(t => t.FullName));
    }

    [Theory, MemberData(nameof(Assemblies))]
    public void A_library_uses_of_another_only_what_users_can(string assembly)
    {
        var friends = Find(assembly).GetCustomAttributes<InternalsVisibleToAttribute>().Select(a => a.AssemblyName);

        Assert.Empty(friends.Intersect(Shipped.Select(a => a.GetName().Name)));
    }

    [Fact]
    public void A_tool_has_no_public_type() => Assert.All(Packages.PackedRepository.Tools.Values, command => Assert.Empty(Assembly.Load(command).GetExportedTypes()));

    [Fact]
    public void All_that_ships_is_looked_at() =>
        Assert.Equal(Packages.PackedRepository.Libraries, Shipped.Select(a => a.GetName().Name!).Order(StringComparer.Ordinal));

    private static Assembly Find(string name) => Shipped.Single(a => a.GetName().Name == name);
}
