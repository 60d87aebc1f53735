using System.CommandLine;
using RunnerFleet.Cli.CommandLine;
using RunnerFleet.Cli.Connection;
using RunnerFleet.Cli.Output;

namespace RunnerFleet.Cli;

/// <summary>Reads the command line, runs what it asks for, writes the answer, and makes one line and an exit code of every failure.</summary>
internal static class Tool
{
    public static async Task<ExitCode> RunAsync(IReadOnlyList<string> arguments, ToolHost host, CancellationToken cancellationToken)
    {
        var root = new ToolRoot();
        var parsed = root.Parse(arguments.Count == 0 ? ["--help"] : arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            await host.Error.WriteLineAsync(ShownText.OneLine($"{string.Join(' ', parsed.Errors.Select(error => error.Message).Distinct())} See: {CommandPath.Of(parsed)} --help")).ConfigureAwait(false);
            return ExitCode.Usage;
        }

        if (parsed is not { Action: null, CommandResult.Command: ToolCommand command }) // help, version, completions
        {
            return (ExitCode)await parsed.InvokeAsync(new() { Output = host.Output, Error = host.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, cancellationToken).ConfigureAwait(false);
        }

        return await RunAsync(command, parsed, root.Options, host, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<ExitCode> RunAsync(ToolCommand command, ParseResult parsed, GlobalOptions options, ToolHost host, CancellationToken cancellationToken)
    {
        var settings = command.Refine(options.Read(parsed, host.Variable), parsed);
        using var deadline = new Deadline(settings.Timeout, host.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            var questions = new Questions(host, deadline);
            var fleet = new FleetConnection(settings, host, questions);
            await using var _ = fleet.ConfigureAwait(false);
            var answer = await command.RunAsync(new(parsed, settings, fleet, questions, host.Clock), either.Token).ConfigureAwait(false);
            await WriteAsync(answer, settings.Output, host).ConfigureAwait(false);
            return answer.Code;
        }
#pragma warning disable CA1031 // a person sees a line, not a stack trace
        catch (Exception failure)
#pragma warning restore CA1031
        {
            var (code, line) = cancellationToken.IsCancellationRequested ? (ExitCode.Interrupted, "Interrupted.")
                : deadline.Token.IsCancellationRequested && failure is OperationCanceledException ? (ExitCode.Aws, $"AWS did not answer within {settings.Timeout.TotalSeconds:0} s in {settings.RegionInWords}. Check the network, or wait longer with --timeout.")
                : Failure.InWords(failure, settings);
            await host.Error.WriteLineAsync(ShownText.OneLine(line)).ConfigureAwait(false);
            if (settings.Debug)
            {
                await host.Error.WriteLineAsync(failure.ToString()).ConfigureAwait(false);
            }

            return code;
        }
    }

    private static async Task WriteAsync(Answer answer, OutputFormat format, ToolHost host)
    {
        try
        {
            await answer.WriteAsync(format, host).ConfigureAwait(false);
        }
        catch (IOException full)
        {
            throw new UsageException($"The answer cannot be written: {full.Message}"); // not to be taken for a connection of AWS's
        }
    }
}
