using System.Diagnostics;

namespace Sluice.Testing;

/// <summary>PostgreSQL refuses to run as root; there its programs run as the user that Debian's package brings.</summary>
internal static class UnprivilegedUser
{
    public const string Name = "postgres";

    public static bool IsNeeded => Environment.IsPrivilegedProcess;

    /// <summary>The command as that user. <c>setpriv</c> becomes the program, so the process id is the program's own.</summary>
    public static ProcessStartInfo Command(string program, IReadOnlyList<string> arguments, string workingFolder)
    {
        var start = IsNeeded
            ? new ProcessStartInfo("setpriv", ["--reuid", Name, "--regid", Name, "--clear-groups", "--", program, .. arguments])
            : new ProcessStartInfo(program, arguments);
        start.WorkingDirectory = workingFolder;
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        return start;
    }
}
