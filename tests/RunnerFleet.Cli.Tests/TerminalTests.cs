using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using Spectre.Console;
using static RunnerFleet.Testing.Fakes.SampleRecords;

namespace RunnerFleet.Cli.Tests;

public sealed class TerminalTests
{
    [Fact]
    public async Task At_a_terminal_lists_have_borders_and_states_have_colours()
    {
        await using var world = await CliWorld.CreateAsync();
        await world.AddAsync(
            Runner(1) with { State = RunnerState.Failed, Spec = new() { ClassName = "small" }, Reason = Reason.Of(ReasonCodes.NeverClaimed, "It did not claim."), ExpiresAt = At(900_000) },
            Runner(2) with { State = RunnerState.Running, Deadline = At(7200) });

        var (run, screen) = await ShowAsync(world, 140, "runners", "list", "--all");

        Assert.Equal((ExitCode.Ok, "", ""), (run.Code, run.Output, run.Error));
        Assert.Equal($"""
            ╭────────────────────────────┬─────────┬───────┬─────────────────┬─────┬───────┬──────────────────────────────────╮
            │ id                         │ state   │ class │ repository      │ job │ since │ reason                           │
            ├────────────────────────────┼─────────┼───────┼─────────────────┼─────┼───────┼──────────────────────────────────┤
            │ {RunnerId(2)} │ RUNNING │ -     │ octo-org/repo-1 │ -   │ 9m58s │ -                                │
            │ {RunnerId(1)} │ FAILED  │ small │ octo-org/repo-1 │ -   │ 9m59s │ NEVER_CLAIMED: It did not claim. │
            ╰────────────────────────────┴─────────┴───────┴─────────────────┴─────┴───────┴──────────────────────────────────╯

            """.ReplaceLineEndings("\n"), WithoutColours(screen));
        Assert.Contains("\u001b[32mRUNNING\u001b[0m", screen, StringComparison.Ordinal); // green
        Assert.Contains("\u001b[91mFAILED\u001b[0m", screen, StringComparison.Ordinal); // red
    }

    [Fact]
    public async Task Brackets_are_no_markup_and_control_characters_do_nothing()
    {
        await using var world = await CliWorld.CreateAsync();
        await world.AddAsync(Job(1) with { Name = "[red]build[/] [bold]\u001b[2J", Deadline = At(7200) });

        var (run, screen) = await ShowAsync(world, 200, "jobs", "list");

        Assert.Equal(ExitCode.Ok, run.Code);
        Assert.Contains("│ [red]build[/] [bold] [2J │", WithoutColours(screen), StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[2J", screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Details_fit_a_narrow_terminal()
    {
        await using var world = await CliWorld.CreateAsync();
        await world.AddAsync(Job(1) with { State = JobState.GaveUp, Launches = 8, Diagnostic = Reason.Of(ReasonCodes.TriesExhausted, new string('w', 30) + " " + new string('x', 30)), Deadline = At(7200) });

        var (_, screen) = await ShowAsync(world, 60, "jobs", "details", JobKey(1).ToString());

        Assert.All(WithoutColours(screen).Split('\n'), line => Assert.True(line.Length <= 60, line));
        Assert.Contains("│ why            │ The fleet gave it up after 8 runners.   │", WithoutColours(screen), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Documents_are_the_same_at_a_terminal()
    {
        await using var world = await CliWorld.CreateAsync();
        await world.AddAsync(Runner(1) with { Deadline = At(7200) });

        var (run, screen) = await ShowAsync(world, 40, "runners", "list", "--output", "json");

        Assert.Equal(((await world.RunAsync("runners", "list", "--output", "json")).Output, ""), (run.Output, screen));
    }

    private static async Task<(ToolRun Run, string Screen)> ShowAsync(CliWorld world, int width, params string[] command)
    {
        using var screen = new StringWriter { NewLine = "\n" };
        var terminal = AnsiConsole.Create(new() { Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.Standard, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(screen) });
        (terminal.Profile.Width, terminal.Profile.Capabilities.Unicode) = (width, true);
        return (await world.RunAsync(command, terminal), screen.ToString());
    }

    private static string WithoutColours(string screen) => System.Text.RegularExpressions.Regex.Replace(screen, "\u001b\\[[0-9;]*m", "");
}
