using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace RunnerFleet.RunnerImage.Tests;

/// <summary>Where the claim secret, the registration and the report token can be seen, and where not.</summary>
public sealed class SecretsTests : IAsyncLifetime
{
    /// <summary>All that the entry point and its hooks start. The shell's own words start nothing.</summary>
    private static readonly string[] Programs = ["curl", "jq", "perl", "sleep", "tr", "cut", "sed", "tail", "cat", "mkdir", "rm", "touch"];

    private ControlPlane _plane = null!;

    public async ValueTask InitializeAsync() => _plane = await ControlPlane.StartAsync();

    public ValueTask DisposeAsync() => _plane?.DisposeAsync() ?? default;

    [Fact]
    public async Task No_secret_is_on_a_command_line_in_the_log_or_in_an_environment_but_the_listeners_own()
    {
        JsonElement answer = default;
        _plane.Meddle = async (context, next) => answer = context.Request.Path == "/runner/claim" ? await CopyAsync(context, next) : await PassAsync(context, next, answer);
        await using var entry = await EntryPoint.ForAsync(_plane, """
            tr '\0' '\n' < "/proc/$PPID/environ" > "$seen/parent"
            job_starts
            stat -c %a "$home/.runnerfleet/authorization" > "$seen/mode"
            wait_for go
            job_ends
            exit 0
            """);
        var claimSecret = entry.Environment["RUNNERFLEET_CLAIM_SECRET"];
        WriteDownCommandLines(entry);
        foreach (var name in CloudNames)
        {
            entry.Environment[name] = "a-cloud-secret";
        }

        entry.Environment["AWS_REGION"] = "eu-central-1";
        entry.Start();
        await entry.UntilSeenAsync("started");
        var jit = answer.GetProperty("jitConfig").GetString()!;
        var token = answer.GetProperty("reportToken").GetString()!;
        var family = Processes.FamilyOf(entry.Id);
        var listener = int.Parse(entry.Seen("starts"), CultureInfo.InvariantCulture);
        var environments = family.ToDictionary(id => id, id => Processes.Read(id, "environ"));
        var commandLines = string.Concat(family.Select(id => Processes.Read(id, "cmdline")));
        await File.WriteAllTextAsync(entry.PathOf("go"), "", TestContext.Current.CancellationToken);
        await entry.EndsWithAsync(0);

        var written = await File.ReadAllTextAsync(entry.PathOf("command-lines"), TestContext.Current.CancellationToken);
        Assert.Contains("/runner/claim", written, StringComparison.Ordinal);
        Assert.Contains("/runner/status", written, StringComparison.Ordinal);
        Assert.Contains(listener, family);
        foreach (var secret in new[] { claimSecret, jit, token, "a-cloud-secret" })
        {
            Assert.DoesNotContain(secret, written, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, commandLines, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, entry.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, entry.Seen("parent"), StringComparison.Ordinal);
            Assert.DoesNotContain(environments, e => (secret != jit || e.Key != listener) && e.Value.Contains(secret, StringComparison.Ordinal));
        }

        Assert.Contains($"ACTIONS_RUNNER_INPUT_JITCONFIG={jit}\n", environments[listener], StringComparison.Ordinal);
        Assert.Contains("AWS_REGION=eu-central-1\n", environments[listener], StringComparison.Ordinal);
        Assert.Equal("600", entry.Seen("mode"));
        Assert.Equal(["authorization", "job"], Directory.EnumerateFiles(entry.PathOf(".runnerfleet")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_listeners_environment_holds_nothing_of_the_fleet_that_need_not_be_there()
    {
        await using var entry = await EntryPoint.StartAsync(_plane, FakeListener.DoesItsJob, ("ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT", "1"), ("ACTIONS_RUNNER_INPUT_JITCONFIG", "somebody-elses"));
        await entry.EndsWithAsync(0);

        var names = entry.Seen("environment").Split('\n').Select(line => line.Split('=')[0]).Where(name => name is not ("PWD" or "OLDPWD" or "_" or "SHLVL"));
        Assert.Equal(
            [
                "ACTIONS_RUNNER_HOOK_JOB_COMPLETED", "ACTIONS_RUNNER_HOOK_JOB_STARTED", "ACTIONS_RUNNER_INPUT_JITCONFIG", "ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE", "PATH",
                "RUNNERFLEET_ATTEMPT", "RUNNERFLEET_RETRY_SECONDS", "RUNNERFLEET_RUNNER_HOME", "RUNNERFLEET_RUNNER_ID", "RUNNERFLEET_RUNNER_NAME", "RUNNERFLEET_URL",
            ],
            names.Order(StringComparer.Ordinal));
        Assert.DoesNotContain("somebody-elses", entry.Seen("environment"), StringComparison.Ordinal);
    }

    private static readonly string[] CloudNames =
    [
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_EXECUTION_ENV",
        "ECS_CONTAINER_METADATA_URI", "ECS_CONTAINER_METADATA_URI_V4", "ECS_CONTAINER_METADATA_FILE", "ECS_AGENT_URI",
    ];

    /// <summary>Puts a program before each that is used, which writes its command line down and then becomes the real one: none is too short-lived to be seen.</summary>
    private static void WriteDownCommandLines(EntryPoint entry)
    {
        Directory.CreateDirectory(entry.PathOf("path"));
        foreach (var program in Programs)
        {
            entry.WriteProgram("path/" + program, $"#!/bin/sh\nprintf '%s\\n' \"$0\" \"$@\" >> '{entry.PathOf("command-lines")}'\nexec '{ShellTools.PathOf(program)}' \"$@\"\n");
        }

        entry.Environment["PATH"] = $"{entry.PathOf("path")}:{entry.Environment["PATH"]}";
    }

    private static async Task<JsonElement> PassAsync(HttpContext context, RequestDelegate next, JsonElement answer)
    {
        await next(context);
        return answer;
    }

    private static async Task<JsonElement> CopyAsync(HttpContext context, RequestDelegate next)
    {
        var body = context.Response.Body;
        using var copy = new MemoryStream();
        context.Response.Body = copy;
        await next(context);
        context.Response.Body = body;
        await body.WriteAsync(copy.ToArray());
        return JsonDocument.Parse(copy.ToArray()).RootElement;
    }
}
