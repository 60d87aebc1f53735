using System.Net.Sockets;
using Amazon.Runtime;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using RunnerFleet.Aws.Secrets;
using RunnerFleet.Storage;

namespace AspNetHost;

/// <summary>Why the host does not start: one sentence for people, no stack trace.</summary>
internal sealed record Refusal(string Sentence, int ExitCode = Refusal.BadConfiguration)
{
    public const int BadConfiguration = 78; // EX_CONFIG of sysexits.h
    public const int TryAgain = 75; // EX_TEMPFAIL

    public int Print()
    {
        Console.Error.WriteLine($"RunnerFleet does not start: {Sentence}");
        return ExitCode;
    }
}

/// <summary>Starts, or says why not.</summary>
internal static class Starting
{
    private static bool s_isStarted;

    /// <summary>The generic host logs what stops its start with a stack trace; here that becomes one sentence, or else the error that ends the process.</summary>
    public static void LeaveRefusalsToHost(this ILoggingBuilder logging) => logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => s_isStarted && level >= LogLevel.Information);

    public static async Task<int> RunOrRefuseAsync(this WebApplication app)
    {
        try
        {
            app.Services.GetService<IStartupValidator>()?.Validate();
            await app.StartAsync();
            s_isStarted = true;
        }
        catch (Exception e) when (Of(e) is { } refusal)
        {
            await app.DisposeAsync();
            return refusal.Print();
        }

        await app.WaitForShutdownAsync();
        return 0;
    }

    /// <summary>What a person can cure in the settings; <see langword="null"/> for anything else, which stays the error that it is.</summary>
    public static Refusal? Of(Exception exception) => exception switch
    {
        OptionsValidationException e => new(string.Join(" ", e.Failures)),
        AggregateException e when e.Flatten().InnerExceptions.All(i => Of(i) is not null) => new(string.Join(" ", e.Flatten().InnerExceptions.Select(i => Of(i)!.Sentence))),
        InvalidOperationException { InnerException: not null } e when e.Message.StartsWith("Failed to convert configuration value", StringComparison.Ordinal) => new(e.Message), // names the path and the value
        InvalidOperationException { InnerException: AmazonClientException } e => new(e.Message), // no credentials, or no region
        AwsSecretUnavailableException e => new(e.Message),
        StoreUnavailableException e => new(e.Message, Refusal.TryAgain),
        IOException { InnerException: AddressInUseException } e => new(e.Message),
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } e => new($"{e.Message}: one of the addresses in ASPNETCORE_URLS is not of this machine, or not yet (is Docker running, if it is the bridge's?).", Refusal.TryAgain),
        _ => null,
    };
}
