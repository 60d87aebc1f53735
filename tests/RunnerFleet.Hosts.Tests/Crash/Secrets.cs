using System.Text;

namespace RunnerFleet.Hosts.Tests.Crash;

/// <summary>What must be nowhere.</summary>
internal static class Secrets
{
    /// <summary>How every just-in-time configuration begins: base64 of a JSON map whose first file is <c>.runner</c>.</summary>
    public static readonly string JitConfig = Convert.ToBase64String(Encoding.UTF8.GetBytes("{\".runner\":\""));

    public static IEnumerable<string> In(string text) => new[] { HostWorld.Token, HostWorld.Secret, JitConfig }.Where(s => text.Contains(s, StringComparison.Ordinal));

    /// <summary>Looks through all files below a folder.</summary>
    public static IEnumerable<string> InFilesOf(string folder) =>
        from file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        from secret in In(Encoding.Latin1.GetString(File.ReadAllBytes(file)))
        select $"{secret} is in {Path.GetFileName(file)}";
}
