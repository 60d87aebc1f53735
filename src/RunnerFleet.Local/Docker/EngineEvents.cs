using System.Globalization;
using System.Threading.Channels;
using Docker.DotNet.Models;
using RunnerFleet.Compute;

namespace RunnerFleet.Local.Docker;

/// <summary>The engine's stream of what happens to containers.</summary>
internal static class EngineEvents
{
    /// <summary>Reads starts, ends and removals of containers with a label until cancelled; ends, or throws, when the engine does.</summary>
    /// <param name="engine">Which engine.</param>
    /// <param name="label">The label that they carry.</param>
    /// <param name="since">What happened since then is told too, as far as the engine remembers it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static ChannelReader<Message> Read(EngineConnection engine, string label, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var messages = Channel.CreateUnbounded<Message>(new UnboundedChannelOptions { SingleReader = true });
        var filters = EngineFilters.Label(label);
        filters["type"] = EngineFilters.Values("container");
        filters["event"] = EngineFilters.Values("start", "die", "destroy");
        var parameters = new ContainerEventsParameters { Since = since.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), Filters = filters };
        _ = PumpAsync();
        return messages.Reader;

        async Task PumpAsync()
        {
            try
            {
                await engine.Client.System.MonitorEventsAsync(parameters, new Writer(messages.Writer), cancellationToken).ConfigureAwait(false);
                messages.Writer.TryComplete();
            }
#pragma warning disable CA1031 // whatever ended the stream, its reader hears it
            catch (Exception exception)
#pragma warning restore CA1031
            {
                messages.Writer.TryComplete(EngineConnection.IsTrouble(exception) ? new ComputeUnavailableException(engine.TroubleReason(exception), exception) : exception);
            }
        }
    }

    private sealed class Writer(ChannelWriter<Message> messages) : IProgress<Message>
    {
        public void Report(Message value) => messages.TryWrite(value);
    }
}
