using Sluice.Testing;

namespace Sluice.Architecture.Tests.Testing;

public sealed class ChildProcessTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Output_exit_code_arguments_and_environment_are_the_programs_own()
    {
        await using var process = Shell(
            """echo "$1 $NAME"; echo "${SLUICE_CONFIG-unset}" >&2; exit 7""",
            new Dictionary<string, string?> { ["NAME"] = "two words" },
            "a b");

        Assert.Equal(7, await process.WaitForExitAsync(cancellationToken: Token));
        Assert.Equal(["a b two words"], process.Output);
        Assert.Equal(["unset"], process.Errors);
    }

    [Theory]
    [InlineData("info: listening on http://127.0.0.1:8080", "http://127.0.0.1:8080/")]
    [InlineData("listening on http://localhost:81/base.", "http://localhost:81/base")]
    public async Task The_address_is_taken_from_the_line_that_announces_it(string line, string address)
    {
        await using var process = Shell("""echo "not listening"; echo "$1"; exec sleep 60""", environment: null, line);

        Assert.Equal(new Uri(address), await process.WaitForListeningAsync(cancellationToken: Token));
        Assert.False(process.HasExited);
    }

    [Fact]
    public async Task An_end_without_the_awaited_line_is_told_at_once_with_the_output()
    {
        await using var process = Shell("echo reason >&2; exit 3");

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => process.WaitForListeningAsync(cancellationToken: Token));

        Assert.Contains("ended with 3", error.Message, StringComparison.Ordinal);
        Assert.Contains("reason", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_is_run_gives_what_it_printed_or_says_how_it_ended()
    {
        Assert.Equal("one\ntwo", await ChildProcess.RunAsync("sh", ["-c", "echo one; echo not this >&2; echo two"], cancellationToken: Token));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ChildProcess.RunAsync("sh", ["-c", "echo reason >&2; exit 3"], cancellationToken: Token));
        Assert.Contains("sh ended with 3", error.Message, StringComparison.Ordinal);
        Assert.Contains("reason", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_that_never_comes_ends_in_a_time_out()
    {
        await using var process = Shell("echo something else; exec sleep 60");
        await process.WaitForLineAsync(line => line == "something else", "the first line", cancellationToken: Token);

        var error = await Assert.ThrowsAsync<TimeoutException>(
            () => process.WaitForListeningAsync(TimeSpan.FromMilliseconds(100), Token));

        Assert.Contains("something else", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Terminate_lets_the_program_end_in_its_own_way()
    {
        await using var process = Shell("""trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.05; done""");
        await process.WaitForLineAsync(line => line == "ready", "ready", cancellationToken: Token);

        Assert.Equal(5, await process.StopAsync(cancellationToken: Token));
        Assert.Equal(["ready", "bye"], process.Output);
    }

    [Fact]
    public async Task A_stopped_process_stands_still_until_it_may_continue()
    {
        await using var process = Shell("""echo ready; while :; do sleep 0.01; echo tick; done""");
        await process.WaitForLineAsync(line => line == "tick", "a tick", cancellationToken: Token);

        Assert.True(process.Signal(UnixSignal.Stop));
        await Eventually.GetAsync("stopped", () => StateOf(process.Id), state => state == "T", cancellationToken: Token);
        Assert.True(process.Signal(UnixSignal.Continue));
        await Eventually.GetAsync("goes on", () => StateOf(process.Id), state => state is "S" or "R", cancellationToken: Token);
    }

    [Fact]
    public async Task Kill_ends_it_and_later_signals_say_that_it_is_gone()
    {
        await using var process = Shell("trap '' TERM; echo ready; while :; do sleep 0.05; done");
        await process.WaitForLineAsync(line => line == "ready", "ready", cancellationToken: Token);
        process.Signal(UnixSignal.Terminate);

        await process.KillAsync(Token);

        Assert.Equal(137, await process.WaitForExitAsync(cancellationToken: Token));
        Assert.False(process.Signal(UnixSignal.Continue));
    }

    [Fact]
    public async Task Dispose_ends_even_a_stopped_process()
    {
        int id;
        await using (var process = Shell("exec sleep 60"))
        {
            id = process.Id;
            process.Signal(UnixSignal.Stop);
        }

        await Eventually.TrueAsync("the process is gone", () => !IsRunning(id), cancellationToken: Token);
    }

    internal static bool IsRunning(int id)
    {
        return StateOf(id) is not null and not "Z";
    }

    // The letter behind the name in parentheses; null when there is no such process.
    private static string? StateOf(int id)
    {
        try
        {
            var status = File.ReadAllText($"/proc/{id}/stat");
            return status[(status.LastIndexOf(')') + 2)..].Split(' ')[0];
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static ChildProcess Shell(string script, IReadOnlyDictionary<string, string?>? environment = null, params string[] arguments)
    {
        return ChildProcess.Start("sh", ["-c", script, "sh", .. arguments], environment);
    }
}
