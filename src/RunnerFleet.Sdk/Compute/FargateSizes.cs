using System.Collections.Frozen;

namespace RunnerFleet.Compute;

/// <summary>
/// Which pairs of processor units and memory AWS Fargate runs on Linux. ECS refuses any other when a task is launched, so a catalogue for Fargate checks them first.
/// The table is that of the Amazon ECS Developer Guide, "Task definition differences for Fargate: task CPU and memory"
/// (<see href="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size"/>).
/// </summary>
public static class FargateSizes
{
    private static readonly FrozenDictionary<int, int[]> s_memoryByCpu = new Dictionary<int, int[]>
    {
        [256] = [512, 1024, 2048],
        [512] = Steps(1024, 4096, 1024),
        [1024] = Steps(2048, 8192, 1024),
        [2048] = Steps(4096, 16384, 1024),
        [4096] = Steps(8192, 30720, 1024),
        [8192] = Steps(16384, 61440, 4096),
        [16384] = Steps(32768, 122880, 8192),
    }.ToFrozenDictionary();

    /// <summary>Whether Fargate runs tasks of this size.</summary>
    /// <param name="cpu">Processor units; 1024 are one virtual CPU.</param>
    /// <param name="memoryMiB">Memory in MiB.</param>
    public static bool IsValid(int cpu, int memoryMiB) => s_memoryByCpu.TryGetValue(cpu, out var memory) && memory.Contains(memoryMiB);

    /// <summary>Says why Fargate does not run tasks of this size and what to write instead; <see langword="null"/> when it does run them.</summary>
    /// <param name="cpu">Processor units; 1024 are one virtual CPU.</param>
    /// <param name="memoryMiB">Memory in MiB.</param>
    public static string? Explain(int cpu, int memoryMiB)
    {
        if (!s_memoryByCpu.TryGetValue(cpu, out var memory))
        {
            return $"Fargate has no size with {cpu} processor units. Use one of: {string.Join(", ", s_memoryByCpu.Keys.Order())}.";
        }

        if (memory.Contains(memoryMiB))
        {
            return null;
        }

        var choices = memory.Length <= 4
            ? $"one of: {string.Join(", ", memory)}"
            : $"{memory[0]} to {memory[^1]} in steps of {memory[1] - memory[0]}";
        return $"Fargate has no size with {cpu} processor units and {memoryMiB} MiB of memory. With {cpu} processor units use {choices}.";
    }

    private static int[] Steps(int first, int last, int step) => [.. Enumerable.Range(0, ((last - first) / step) + 1).Select(index => first + (index * step))];
}
