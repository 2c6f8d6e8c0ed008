using System.Globalization;
using System.Reflection;

using Npgsql;

using Sluice.Testing;

namespace Sluice.Architecture.Tests.Testing;

public sealed class PostgresServerTests
{
    private const string StandsFor = "the process id and the folder of a server: ";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_shared_server_is_one_server_with_durable_commits_on_loopback()
    {
        var server = await PostgresServer.SharedAsync(Token);

        Assert.Same(server, await PostgresServer.SharedAsync(Token));
        Assert.Equal("on", await ScalarAsync(server.ConnectionString, "SHOW synchronous_commit"));
        Assert.Equal("on", await ScalarAsync(server.ConnectionString, "SHOW fsync"));
        var version = int.Parse((string)(await ScalarAsync(server.ConnectionString, "SHOW server_version_num"))!, CultureInfo.InvariantCulture);
        Assert.InRange(version, PostgresBinaries.OldestVersion * 10_000, int.MaxValue);
    }

    [Fact]
    public async Task Each_database_is_empty_its_own_and_gone_after_use()
    {
        var server = await PostgresServer.SharedAsync(Token);
        string name;
        await using (var one = await server.CreateDatabaseAsync(Token))
        await using (var other = await server.CreateDatabaseAsync(Token))
        {
            name = one.Name;
            await ScalarAsync(one.ConnectionString, "CREATE TABLE t (id int PRIMARY KEY)");
            Assert.Equal(false, await ScalarAsync(other.ConnectionString, "SELECT to_regclass('t') IS NOT NULL"));
            Assert.Equal(true, await ScalarAsync(one.ConnectionString, "SELECT to_regclass('t') IS NOT NULL"));
        }

        Assert.Equal(0L, await ScalarAsync(server.ConnectionString, $"SELECT count(*) FROM pg_database WHERE datname = '{name}'"));
    }

    [Fact]
    public async Task A_connection_that_a_test_forgot_does_not_keep_the_database()
    {
        var server = await PostgresServer.SharedAsync(Token);
        var database = await server.CreateDatabaseAsync(Token);
        await using var forgotten = new NpgsqlConnection(database.ConnectionString);
        await forgotten.OpenAsync(Token);

        await database.DisposeAsync();

        Assert.Equal(0L, await ScalarAsync(server.ConnectionString, $"SELECT count(*) FROM pg_database WHERE datname = '{database.Name}'"));
    }

    [Fact]
    public async Task A_server_of_ones_own_has_its_settings_and_leaves_nothing_behind()
    {
        var server = await PostgresServer.StartAsync(new Dictionary<string, string> { ["synchronous_commit"] = "off" }, Token);
        int process;
        string folder;
        await using (server)
        {
            process = server.ProcessId!.Value;
            folder = server.DataFolder!;
            Assert.Equal("off", await ScalarAsync(server.ConnectionString, "SHOW synchronous_commit"));
            Assert.True(ChildProcessTests.IsRunning(process));
        }

        Assert.False(ChildProcessTests.IsRunning(process));
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task A_server_that_cannot_start_says_why()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => PostgresServer.StartAsync(new Dictionary<string, string> { ["shared_buffers"] = "nonsense" }, Token));

        Assert.Contains("shared_buffers", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_test_process_leaves_neither_a_server_nor_a_folder()
    {
        // Asked here too: in the other process a skip would look like a start that failed.
        await PostgresServer.SharedAsync(Token);
        await using var tests = ChildProcess.Start(
            ChildProcess.DotnetHost(),
            [
                Assembly.GetExecutingAssembly().Location, "-noLogo", "-noColor", "-noAutoReporters", "-showLiveOutput", "-explicit", "only",
                "-method", $"{typeof(PostgresServerTests).FullName}.{nameof(A_server_and_a_process_that_wait_to_be_killed)}",
            ]);
        var line = await tests.WaitForLineAsync(
            line => line.Contains(StandsFor, StringComparison.Ordinal), "the line about the server", TimeSpan.FromMinutes(4), Token);
        var parts = line[(line.IndexOf(StandsFor, StringComparison.Ordinal) + StandsFor.Length)..].Split(' ');
        var server = int.Parse(parts[0], CultureInfo.InvariantCulture);
        var child = int.Parse(parts[1], CultureInfo.InvariantCulture);
        var folder = parts[2];
        Assert.True(ChildProcessTests.IsRunning(server));
        Assert.True(ChildProcessTests.IsRunning(child));
        Assert.True(Directory.Exists(folder));

        await tests.KillAsync(Token);

        await Eventually.TrueAsync("the server is gone", () => !ChildProcessTests.IsRunning(server), cancellationToken: Token);
        await Eventually.TrueAsync("the child is gone", () => !ChildProcessTests.IsRunning(child), cancellationToken: Token);
        await Eventually.TrueAsync("its folder is gone", () => !Directory.Exists(folder), cancellationToken: Token);
    }

    [Fact(Explicit = true)]
    public async Task A_server_and_a_process_that_wait_to_be_killed()
    {
        await using var server = await PostgresServer.StartAsync(cancellationToken: Token);
        await using var child = ChildProcess.Start("sleep", ["120"]);
        TestContext.Current.TestOutputHelper!.WriteLine($"{StandsFor}{server.ProcessId} {child.Id} {server.DataFolder}");
        await child.WaitForExitAsync(TimeSpan.FromSeconds(130), Token);
    }

    private static async Task<object?> ScalarAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Token);
    }
}
