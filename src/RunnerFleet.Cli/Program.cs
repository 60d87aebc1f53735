using System.Runtime.InteropServices;
using System.Text;
using RunnerFleet.Cli;

using var interrupted = new CancellationTokenSource();
using var signal = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
{
    context.Cancel = !interrupted.IsCancellationRequested; // a second Ctrl-C ends the process at once
    interrupted.Cancel();
});
Console.OutputEncoding = Encoding.UTF8;
return (int)await Tool.RunAsync(args, ToolHost.OfThisProcess(), interrupted.Token).ConfigureAwait(false);
