using System.Collections;
using System.Globalization;
using System.Reflection;
using RunnerFleet.AspNetCore.Access;
using RunnerFleet.Aws.DynamoDb;
using RunnerFleet.Aws.Ecs;
using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Aws.Events;
using RunnerFleet.Aws.Secrets;
using RunnerFleet.Aws.Sqs;
using RunnerFleet.Aws.Ssm;
using RunnerFleet.Local.Docker;
using RunnerFleet.Local.Processes;
using RunnerFleet.Local.Sqlite;

namespace RunnerFleet.Docs.Tests;

public sealed class ConfigurationTests
{
    private const string Document = "docs/configuration.md";
    private const string Consequence = "A setting without a consequence is not explained.";

    public static TheoryData<string, Type, string> Tables { get; } = new()
    {
        { "The fleet", typeof(RunnerFleetOptions), "RunnerFleet:" },
        { "GitHub", typeof(GitHubOptions), "RunnerFleet:GitHub:" },
        { "Labels", typeof(LabelOptions), "RunnerFleet:Labels:" },
        { "Policy", typeof(PolicyOptions), "RunnerFleet:Policy:" },
        { "Classes", typeof(RunnerClassOptions), "RunnerFleet:Classes:<name>:" },
        { "Limits", typeof(LimitOptions), "RunnerFleet:Limits:" },
        { "Timing", typeof(TimingOptions), "RunnerFleet:Timing:" },
        { "API", typeof(RunnerFleetApiOptions), "RunnerFleet:Api:" },
        { "The host", Host("HostSettings"), "RunnerFleet:" },
        { "The host's process launcher", Host("ProcessOptions"), "RunnerFleet:Process:" },
        { "The host's Docker launcher", Host("DockerOptions"), "RunnerFleet:Docker:" },
        { "The ECS launcher", typeof(EcsLauncherOptions), "RunnerFleet:Aws:Ecs:" },
        { "Image builds on AWS", typeof(CodeBuildImageOptions), "RunnerFleet:Aws:CodeBuild:" },
        { "Classes in Systems Manager", typeof(SsmClassOptions), "RunnerFleet:Aws:Ssm:" },
        { "Secrets in AWS", typeof(AwsSecretOptions), "RunnerFleet:Aws:Secrets:" },
        { "Queues of SQS", typeof(SqsQueueOptions), "RunnerFleet:Aws:Sqs:" },
        { "Events to EventBridge", typeof(EventBridgeOptions), "RunnerFleet:Aws:Events:" },
        { "The SQLite store, in code", typeof(SqliteStoreOptions), "SqliteStoreOptions." },
        { "The Docker launcher, in code", typeof(DockerLauncherOptions), "DockerLauncherOptions." },
        { "The process launcher, in code", typeof(ProcessLauncherOptions), "ProcessLauncherOptions." },
        { "The Docker image builder, in code", typeof(DockerImageOptions), "DockerImageOptions." },
        { "Finished Docker images, in code", typeof(FinishedDockerImageOptions), "FinishedDockerImageOptions." },
        { "The DynamoDB store", typeof(DynamoDbStoreOptions), "RunnerFleet:Aws:DynamoDb:" },
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public void Every_setting_is_there_with_its_default_and_no_other(string heading, Type options, string prefix)
    {
        var rows = Markdown.TableUnder(Document, heading);
        var defaults = Activator.CreateInstance(options, nonPublic: true)!;

        var actual = options.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => !IsSection(property.PropertyType))
            .Select(property => (Key: prefix + property.Name + Suffix(property.PropertyType), Default: Spell(property.GetValue(defaults))));

        var documented = rows.Select(row => (Key: Assert.Single(Markdown.Code(row[0])), Default: Markdown.Code(row[1]) is [var value] ? value : row[1]));
        Assert.Equal(actual.OrderBy(row => row.Key, StringComparer.Ordinal), documented.OrderBy(row => row.Key, StringComparer.Ordinal));
        Assert.All(rows, row => Assert.True(row is [_, _, { Length: > 0 }], Consequence));
    }

    [Fact]
    public void No_section_is_left_out()
    {
        var sections = Tables.Select(row => row.Data.Item2).ToHashSet();
        var nested = sections.SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)).Select(property => property.PropertyType)
            .Select(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IDictionary<,>) ? type.GetGenericArguments()[1] : type).Where(IsOptions);
        Assert.Empty(nested.Except(sections));
    }

    private static Type Host(string name) => Assembly.Load("AspNetHost").GetType("AspNetHost." + name, throwOnError: true)!;

    private static bool IsOptions(Type type) => type.IsClass && type.Name.EndsWith("Options", StringComparison.Ordinal);

    private static bool IsSection(Type type) => IsOptions(type) || typeof(IDictionary<string, RunnerClassOptions>).IsAssignableFrom(type);

    private static string Suffix(Type type) => type == typeof(IList<string>) ? ":<n>" : type == typeof(IDictionary<string, string>) ? ":<name>" : "";

    private static string Spell(object? value) => value switch
    {
        null or "" => "none",
        string text => text,
        bool flag => flag ? "true" : "false",
        IEnumerable items when !items.Cast<object>().Any() => "none",
        Uri address => address.OriginalString,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException($"A default of type {value.GetType()} has no spelling."),
    };
}
