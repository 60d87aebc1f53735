using System.Globalization;
using RunnerFleet.Cli.CommandLine;
using RunnerFleet.Cli.Output;
using RunnerFleet.Compute;

namespace RunnerFleet.Cli.Classes;

internal sealed class ListClassSizesCommand : ToolCommand
{
    public ListClassSizesCommand() : base("list-class-sizes", "Lists the runner classes of the SSM parameter.") => Examples = ["list-class-sizes --class-sizes-param /ci/class-sizes"];

    public override async Task<Answer> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        _ = context.Settings.NeededClassSizesParameter;
        var classes = await context.Connection.Get<IRunnerClassCatalog>().GetClassesAsync(cancellationToken).ConfigureAwait(false);
        RunnerClass[] sorted = [.. classes.Values.OrderBy(size => size.Cpu).ThenBy(size => size.MemoryMiB).ThenBy(size => size.Name, StringComparer.Ordinal)];
        return Answer.Of(new ListDocument<ClassDocument>([.. sorted.Select(ClassDocument.Of)], false), ToolJson.Default.ListDocumentClassDocument, Table(sorted)) with
        {
            Notes = [.. sorted.Select(size => (size.Name, Objection: FargateSizes.Explain(size.Cpu, size.MemoryMiB))).Where(size => size.Objection is not null).Select(size => $"Fargate does not run the class {size.Name}: {size.Objection}")],
        };
    }

    private static Grid Table(IReadOnlyList<RunnerClass> classes) => new(
        null,
        ["class", "cpu", "memory", "disk", "architecture", "limit"],
        [.. classes.Select(size => new Cell[] { size.Name, Number(size.Cpu), Number(size.MemoryMiB), Number(size.DiskGiB), size.Architecture, Number(size.Limit) })]);

    private static string? Number(int? number) => number?.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A size that jobs can ask for, as programs see it; called as in the HTTP API.</summary>
internal sealed record ClassDocument(string Name, int Cpu, int MemoryMiB, int? DiskGiB, string Architecture, int? Limit, long? JobTimeLimitSeconds)
{
    public static ClassDocument Of(RunnerClass size) => new(size.Name, size.Cpu, size.MemoryMiB, size.DiskGiB, size.Architecture, size.Limit, (long?)size.JobTimeLimit?.TotalSeconds);
}
