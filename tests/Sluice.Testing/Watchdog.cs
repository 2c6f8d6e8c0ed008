using System.Diagnostics;
using System.Globalization;

namespace Sluice.Testing;

/// <summary>
/// Ends a process, and deletes a folder, when this test process ends for whatever reason. It is a shell that reads from a pipe whose
/// other end only we hold: the kernel closes it even when we are killed. It leads a session of its own, so that a signal to our
/// process group does not reach it.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    // Each line is the id of the process to end from then on; an empty one stands for none.
    private const string Script =
        """
        exec >/dev/null 2>&1
        signal=$1 folder=$2 process=
        while read -r line; do
            process=$line
        done
        # Nobody may be there to collect the exit code of an orphan: a zombie counts as gone.
        is_running() {
            read -r state <"/proc/$process/stat" || return 1
            case ${state##*) } in Z*) return 1 ;; esac
        }
        if [ -n "$process" ]; then
            kill -"$signal" "$process"
            tries=0
            while is_running && [ "$tries" -lt 150 ]; do
                sleep 0.1
                tries=$((tries + 1))
            done
            kill -KILL "$process"
        fi
        if [ -n "$folder" ]; then
            rm -rf -- "$folder"
        fi
        """;

    private readonly Process _shell;
    private Process? _watched;

    public Watchdog(UnixSignal signal, string folder = "")
    {
        var number = ((int)signal).ToString(CultureInfo.InvariantCulture);
        _shell = Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", Script, "watchdog", number, folder])
        {
            RedirectStandardInput = true,
            WorkingDirectory = "/",
        })!;
    }

    /// <summary>Watches this process from now on, and no other.</summary>
    public void Watch(Process process)
    {
        _watched = process;
        Write(process.Id.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Watches no process any more, only the folder.</summary>
    public void WatchNothing()
    {
        _watched = null;
        Write("");
    }

    /// <summary>Lets the watchdog do its work now, and waits for it.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (_watched is { HasExited: true })
        {
            // By now its id may be another's.
            WatchNothing();
        }

        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync(cancellationToken);
    }

    public void Dispose()
    {
        _shell.Dispose();
    }

    private void Write(string line)
    {
        _shell.StandardInput.Write(line + "\n");
        _shell.StandardInput.Flush();
    }
}
