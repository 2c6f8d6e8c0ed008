using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Sluice.Testing;

/// <summary>
/// A real process under test, with its output. It can be stopped, continued and killed by its own id, never outlives the test process,
/// and every wait for it is bounded.
/// </summary>
public sealed partial class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Watchdog _watchdog;
    private readonly Lock _lock = new();
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];

    private ChildProcess(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        _watchdog = new Watchdog(UnixSignal.Kill);
        _process.Start();
        _watchdog.Watch(_process);
        Id = _process.Id;
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The process id.</summary>
    public int Id { get; }

    /// <summary>True when the process has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The lines on standard output so far.</summary>
    public IReadOnlyList<string> Output => Copy(_output);

    /// <summary>The lines on standard error so far.</summary>
    public IReadOnlyList<string> Errors => Copy(_errors);

    /// <summary>Starts the built program <c>sluice</c>.</summary>
    /// <param name="arguments">Its command line.</param>
    /// <param name="environment">Set on top of ours; null removes a variable. <c>SLUICE_*</c> variables of ours are not passed on.</param>
    /// <param name="workingFolder">Where it runs; our own folder when null.</param>
    public static ChildProcess Sluice(
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? workingFolder = null)
    {
        return Start(DotnetHost(), [Repository.SluiceProgram, .. arguments], environment, workingFolder);
    }

    /// <summary>Starts any program, without a shell in between and with nothing on standard input.</summary>
    /// <inheritdoc cref="Sluice(IEnumerable{string}, IReadOnlyDictionary{string, string?}?, string?)"/>
    public static ChildProcess Start(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? workingFolder = null)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = workingFolder ?? "" };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("SLUICE_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(start);
    }

    /// <summary>Runs a program to its end and gives what it printed on standard output.</summary>
    /// <inheritdoc cref="Sluice(IEnumerable{string}, IReadOnlyDictionary{string, string?}?, string?)"/>
    /// <exception cref="InvalidOperationException">It ended with another exit code than 0.</exception>
    public static async Task<string> RunAsync(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? workingFolder = null,
        TimeSpan? within = null,
        CancellationToken cancellationToken = default)
    {
        await using var process = Start(program, arguments, environment, workingFolder);
        var code = await process.WaitForExitAsync(within, cancellationToken);
        return code == 0
            ? string.Join('\n', process.Output)
            : throw new InvalidOperationException($"{program} ended with {code}.{process.Tail()}");
    }

    /// <summary>The <c>dotnet</c> that runs this test process.</summary>
    public static string DotnetHost()
    {
        // <root>/shared/Microsoft.NETCore.App/<version>/ → <root>/dotnet
        return Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
    }

    /// <summary>Sends a signal to this process alone. False when it has ended.</summary>
    public bool Signal(UnixSignal signal)
    {
        return !_process.HasExited && UnixSignals.TrySend(Id, signal);
    }

    /// <summary>The first line, on either output, that matches.</summary>
    /// <exception cref="TimeoutException">There was none within the limit.</exception>
    /// <exception cref="InvalidOperationException">The process ended without it.</exception>
    public async Task<string> WaitForLineAsync(
        Func<string, bool> matches, string what, TimeSpan? within = null, CancellationToken cancellationToken = default)
    {
        var line = await Eventually.GetAsync(
            $"{what}, from process {Id}",
            read: () =>
            {
                // Asked before the lines are read: a line written just before the end must not be missed.
                var ended = _process.HasExited;
                return (Line: Output.Concat(Errors).FirstOrDefault(matches), Ended: ended, Tail: Tail());
            },
            isReached: state => state.Line is not null || state.Ended,
            within,
            cancellationToken: cancellationToken);
        if (line.Line is not null)
        {
            return line.Line;
        }

        // Ended: the pipes may still hold lines.
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(Eventually.DefaultLimit, cancellationToken);
        return Output.Concat(Errors).FirstOrDefault(matches)
            ?? throw new InvalidOperationException($"Process {Id} ended with {_process.ExitCode} without {what}.{Tail()}");
    }

    /// <summary>The address that a server announces with its line <c>listening on URL</c>.</summary>
    public async Task<Uri> WaitForListeningAsync(TimeSpan? within = null, CancellationToken cancellationToken = default)
    {
        var line = await WaitForLineAsync(Listening().IsMatch, "a line 'listening on URL'", within, cancellationToken);
        return new Uri(Listening().Match(line).Groups["url"].Value);
    }

    /// <summary>Waits for the end, and for the last of the output; returns the exit code (128 + signal for a killed process).</summary>
    public async Task<int> WaitForExitAsync(TimeSpan? within = null, CancellationToken cancellationToken = default)
    {
        var limit = within ?? Eventually.DefaultLimit;
        try
        {
            await _process.WaitForExitAsync(cancellationToken).WaitAsync(limit, cancellationToken);
        }
        catch (TimeoutException)
        {
            var seconds = limit.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
            throw new TimeoutException($"Process {Id} has not ended within {seconds} s.{Tail()}");
        }

        return _process.ExitCode;
    }

    /// <summary>Asks the process to end (SIGTERM) and waits for it.</summary>
    public async Task<int> StopAsync(TimeSpan? within = null, CancellationToken cancellationToken = default)
    {
        Signal(UnixSignal.Terminate);
        return await WaitForExitAsync(within, cancellationToken);
    }

    /// <summary>Kills the process (SIGKILL) and waits for its end.</summary>
    public async Task KillAsync(CancellationToken cancellationToken = default)
    {
        Signal(UnixSignal.Kill);
        await WaitForExitAsync(cancellationToken: cancellationToken);
    }

    /// <summary>Kills the process if it still runs, stopped ones included.</summary>
    public async ValueTask DisposeAsync()
    {
        await _watchdog.EndAsync(CancellationToken.None).WaitAsync(Eventually.DefaultLimit);
        _watchdog.Dispose();
        _process.Dispose();
    }

    private void Keep(List<string> lines, string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lock)
        {
            lines.Add(line);
        }
    }

    private List<string> Copy(List<string> lines)
    {
        lock (_lock)
        {
            return [.. lines];
        }
    }

    private string Tail()
    {
        const int Lines = 20;
        var output = string.Join('\n', Output.TakeLast(Lines).Select(line => "  " + line));
        var errors = string.Join('\n', Errors.TakeLast(Lines).Select(line => "  " + line));
        return $"\nstandard output ends with:\n{output}\nstandard error ends with:\n{errors}";
    }

    [GeneratedRegex(@"\blistening on (?<url>https?://\S+?)[\s.,;]*$")]
    private static partial Regex Listening();
}
