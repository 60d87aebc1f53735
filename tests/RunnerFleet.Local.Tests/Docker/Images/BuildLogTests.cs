using Docker.DotNet.Models;
using RunnerFleet.Local.Docker;

namespace RunnerFleet.Local.Tests.Docker.Images;

public sealed class BuildLogTests : IDisposable
{
    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("runnerfleet-log-").FullName, "build.log");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);

    [Fact]
    public void Pieces_become_lines_and_what_the_engine_itself_says_is_not_the_last()
    {
        var log = Write("Step 1/2 : RUN", " x", "\n", "no such", " thing\r\n", "Removing intermediate container abc\n", " ---> abc\n");

        Assert.Equal("no such thing", log.LastLine);
        Assert.Equal("Step 1/2 : RUN x\nno such thing\nRemoving intermediate container abc\n---> abc\n", File.ReadAllText(_file));
    }

    [Fact]
    public void Of_what_a_step_prints_its_standard_error_says_what_went_wrong()
    {
        Assert.Equal("wrong", Write("Step 1/2 : x\n", "\e[91mwro\e[0m", "\e[91mng\n\e[0m", "said before\n").LastLine);
        Assert.Equal("all there is", Write("Step 1/2 : x\n", "\e[91ma warning\n\e[0m", "Step 2/2 : y\n", "all there is\n").LastLine);
        Assert.Null(Write("Step 1/2 : x\n").LastLine);
    }

    [Fact]
    public void Nothing_in_it_acts_on_a_terminal()
    {
        Write("\e[91mred\e[0m \e]0;title\aplain \u009b31mx\u0007\n", "\e]8;;http://x\e\\link\e(\n");

        Assert.DoesNotContain(File.ReadAllText(_file), character => char.IsControl(character) && character != '\n');
        Assert.StartsWith("red plain", File.ReadAllText(_file), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_without_end_is_broken_and_a_log_without_end_is_cut()
    {
        Write([.. Enumerable.Repeat(new string('x', 1 << 20), 20)]);

        Assert.InRange(new FileInfo(_file).Length, 16 << 20, 17 << 20);
        Assert.All(File.ReadLines(_file), line => Assert.InRange(line.Length, 1, 4000));
        Assert.Equal("The log is cut here: it has 16 MiB.", File.ReadLines(_file).Last());
    }

    [Fact]
    public void A_layer_that_is_pulled_is_told_of_once_for_each_thing_that_happens_to_it()
    {
        using (var log = new BuildLog(_file))
        {
            foreach (var status in new[] { "Downloading", "Downloading", "Downloading", "Extracting", "Extracting" })
            {
                log.Report(new JSONMessage { ID = "abc", Status = status });
            }

            log.Report(new JSONMessage { Error = new JSONError { Message = "manifest unknown" } });
        }

        Assert.Equal("abc: Downloading\nabc: Extracting\nmanifest unknown\n", File.ReadAllText(_file));
    }

    private BuildLog Write(params string[] pieces)
    {
        using var log = new BuildLog(_file);
        foreach (var piece in pieces)
        {
            log.Report(new JSONMessage { Stream = piece });
        }

        return log;
    }
}
