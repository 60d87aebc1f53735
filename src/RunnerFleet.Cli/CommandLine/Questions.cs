namespace RunnerFleet.Cli.CommandLine;

/// <summary>Asks whoever sits at the terminal, on the error stream, so that output stays clean.</summary>
internal sealed class Questions(ToolHost host, Deadline deadline)
{
    public bool CanBeAsked => host.Person is not null;

    public Task<string> AskAsync(string question, CancellationToken cancellationToken) => Task.Run(() => Ask(question), cancellationToken).WaitAsync(cancellationToken);

    public string Ask(string question)
    {
        deadline.Pause();
        host.Error.Write(question + " ");
        var answer = host.Person!.ReadLine();
        deadline.BeginAgain();
        return answer?.Trim() ?? "";
    }
}
