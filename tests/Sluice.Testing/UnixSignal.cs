using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Sluice.Testing;

/// <summary>The signals that tests send, with Linux's numbers.</summary>
public enum UnixSignal
{
    /// <summary>SIGQUIT.</summary>
    Quit = 3,

    /// <summary>SIGKILL: no handler runs, nothing is flushed.</summary>
    Kill = 9,

    /// <summary>SIGTERM: the polite request to end.</summary>
    Terminate = 15,

    /// <summary>SIGCONT: goes on after <see cref="Stop"/>.</summary>
    Continue = 18,

    /// <summary>SIGSTOP: stands still, keeping memory, sockets and leases.</summary>
    Stop = 19,
}

internal static class UnixSignals
{
    private const int NoSuchProcess = 3;

    /// <summary>False when the process is gone.</summary>
    public static bool TrySend(int processId, UnixSignal signal)
    {
        // 0 and below would mean whole process groups.
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(processId);
        if (Kill(processId, (int)signal) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == NoSuchProcess
            ? false
            : throw new Win32Exception(error, $"Signal {signal} to process {processId} failed: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}
