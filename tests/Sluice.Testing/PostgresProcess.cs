using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

using Npgsql;

namespace Sluice.Testing;

/// <summary>A running PostgreSQL with a new data folder; both are gone after dispose, and after the end of this test process.</summary>
internal sealed class PostgresProcess : IAsyncDisposable
{
    private const string User = "sluice";
    private const int PortAttempts = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static readonly Dictionary<string, string> DefaultSettings = new(StringComparer.Ordinal)
    {
        ["listen_addresses"] = "127.0.0.1",
        ["unix_socket_directories"] = "",
        ["fsync"] = "on",
        ["synchronous_commit"] = "on",
        ["shared_buffers"] = "32MB",
        ["max_connections"] = "500",
        ["timezone"] = "UTC",
    };

    private readonly string _password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private readonly Queue<string> _log = new();
    private readonly Lock _lock = new();
    private readonly Watchdog _watchdog;
    private Process? _process;

    private PostgresProcess()
    {
        Folder = Directory.CreateTempSubdirectory("sluice-postgres-").FullName;

        // SIGQUIT is PostgreSQL's immediate shutdown: it ends all its processes within seconds, and the data is thrown away anyway.
        _watchdog = new Watchdog(UnixSignal.Quit, Folder);
    }

    /// <summary>The process id of the postmaster.</summary>
    public int Id { get; private set; }

    /// <summary>The folder with everything that belongs to it.</summary>
    public string Folder { get; }

    /// <summary>Connects to the administrative database.</summary>
    public string ConnectionString { get; private set; } = "";

    private string DataFolder => Path.Combine(Folder, "data");

    /// <summary>Starts a server and waits until it accepts connections.</summary>
    public static async Task<PostgresProcess> StartAsync(
        string binaries, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var server = new PostgresProcess();
            try
            {
                await server.CreateDataAsync(binaries, cancellationToken);
                server.Launch(binaries, settings);
                await server.WaitUntilReadyAsync(cancellationToken);
                return server;
            }
            catch (Exception) when (attempt < PortAttempts && server.Log().Contains("could not bind", StringComparison.Ordinal))
            {
                // The port was free when it was looked up; somebody was quicker.
                await server.DisposeAsync();
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _watchdog.EndAsync(CancellationToken.None).WaitAsync(Limit);
        _watchdog.Dispose();
        _process?.Dispose();
    }

    private async Task CreateDataAsync(string binaries, CancellationToken cancellationToken)
    {
        var passwordFile = Path.Combine(Folder, "password");
        await File.WriteAllTextAsync(passwordFile, _password, cancellationToken);
        if (UnprivilegedUser.IsNeeded)
        {
            await RunAsync(new ProcessStartInfo("chown", ["-R", UnprivilegedUser.Name, Folder]), cancellationToken);
        }

        string[] arguments =
        [
            "--pgdata", DataFolder, "--username", User, "--pwfile", passwordFile, "--auth", "scram-sha-256",
            "--encoding", "UTF8", "--locale", "C", "--no-sync",
        ];
        await RunAsync(UnprivilegedUser.Command(Path.Combine(binaries, "initdb"), arguments, Folder), cancellationToken);
    }

    private async Task RunAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        _watchdog.Watch(process);
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var texts = await Task.WhenAll(
            process.StandardOutput.ReadToEndAsync(either.Token), process.StandardError.ReadToEndAsync(either.Token));
        await process.WaitForExitAsync(either.Token);
        _watchdog.WatchNothing();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{start.FileName} ended with {process.ExitCode}: {string.Join('\n', texts)}");
        }
    }

    private void Launch(string binaries, IReadOnlyDictionary<string, string> settings)
    {
        var port = FreePort();
        var arguments = new List<string> { "-D", DataFolder, "-p", port.ToString(CultureInfo.InvariantCulture) };
        foreach (var (name, value) in DefaultSettings.Where(setting => !settings.ContainsKey(setting.Key)).Concat(settings))
        {
            arguments.AddRange(["-c", $"{name}={value}"]);
        }

        var start = UnprivilegedUser.Command(Path.Combine(binaries, "postgres"), arguments, Folder);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _watchdog.Watch(_process);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Id = _process.Id;
        ConnectionString = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = port,
            Username = User,
            Password = _password,
            Database = "postgres",
            Timeout = 15,
            IncludeErrorDetail = true,
        }.ConnectionString;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, port: 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        var process = _process!;
        var connectionString = new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString;
        var isReady = await Eventually.GetAsync(
            "PostgreSQL accepts connections",
            async token =>
            {
                if (process.HasExited)
                {
                    return false;
                }

                await using var connection = new NpgsqlConnection(connectionString);
                await connection.OpenAsync(token);
                return true;
            },
            isReached: _ => true,
            Limit,
            cancellationToken: cancellationToken);
        if (!isReady)
        {
            // The rest of the log, which tells why.
            await process.WaitForExitAsync(cancellationToken).WaitAsync(Limit, cancellationToken);
            throw new InvalidOperationException($"PostgreSQL ended with {process.ExitCode}:\n{Log()}");
        }
    }

    private void Keep(string? line)
    {
        const int MaximumLines = 200;
        if (line is null)
        {
            return;
        }

        lock (_lock)
        {
            _log.Enqueue(line);
            if (_log.Count > MaximumLines)
            {
                _log.Dequeue();
            }
        }
    }

    private string Log()
    {
        lock (_lock)
        {
            return string.Join('\n', _log);
        }
    }
}
