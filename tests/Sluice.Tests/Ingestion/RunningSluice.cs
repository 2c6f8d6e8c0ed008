using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Sluice.Testing;

namespace Sluice.Tests.Ingestion;

/// <summary>An event as it lies in the store.</summary>
internal sealed record StoredEvent(string Name, long Time, JsonElement Properties)
{
    public string? Text(string property) => Properties.TryGetProperty(property, out var value) ? value.GetString() : null;
}

/// <summary>The real program with an embedded store, and a look into the store past it.</summary>
internal sealed class RunningSluice : IAsyncDisposable
{
    public const string Project = "p1";
    public const string Token = "token0123456789abcdef0123456789ab";
    public const string ProjectId = "12345";
    public const string Account = "robot.of.p1";
    public const string AccountSecret = "robot-secret";
    public const string ProjectSecret = "project-secret";

    private readonly TempFolder _folder;
    private readonly string _config;
    private ChildProcess _program;

    private RunningSluice(TempFolder folder, string config, ChildProcess program, Uri url)
    {
        _folder = folder;
        _config = config;
        _program = program;
        Url = url;
    }

    /// <summary>Where it listens; another place after each start.</summary>
    public Uri Url { get; private set; }

    public string ConfigFile => _config;

    /// <summary>The file with the certificate that the program shows.</summary>
    public string Certificate => _folder.Combine("certificate.pem");

    /// <param name="identity">How the project's ids become people.</param>
    /// <param name="tls">Whether to listen with TLS: some clients send credentials over nothing else.</param>
    public static async Task<RunningSluice> StartAsync(string identity, bool tls, CancellationToken cancellationToken)
    {
        var folder = new TempFolder();
        if (tls)
        {
            WriteCertificate(folder);
        }

        var config = folder.Write("sluice.yaml", $$"""
            server:
              urls: "{{(tls ? "https" : "http")}}://127.0.0.1:0"
              data: ./data
              {{(tls ? "tls: { certificate: ./certificate.pem, key: ./key.pem }" : "")}}
            project: { id: {{Project}}, access_key: access, secret_key: secret }
            connectors:
              mixpanel:
                project_token: {{Token}}
                project_id: "{{ProjectId}}"
                project_secret: {{ProjectSecret}}
                service_account: { username: {{Account}}, secret: {{AccountSecret}} }
                identity: {{identity}}
            """);
        var program = ChildProcess.Sluice(["serve", "--config", config]);
        return new RunningSluice(folder, config, program, await program.WaitForListeningAsync(cancellationToken: cancellationToken));
    }

    public Task<int> StopAsync(CancellationToken cancellationToken) => _program.StopAsync(cancellationToken: cancellationToken);

    public Task KillAsync(CancellationToken cancellationToken) => _program.KillAsync(cancellationToken);

    /// <summary>Starts the program again after its end.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await _program.DisposeAsync();
        _program = ChildProcess.Sluice(["serve", "--config", _config]);
        Url = await _program.WaitForListeningAsync(cancellationToken: cancellationToken);
    }

    /// <summary>Every event, in the order of arrival.</summary>
    public List<StoredEvent> Events() => Query(
        """
        SELECT n.name, l.time, l.props FROM event_log l JOIN event_name n ON n.project = l.project AND n.event = l.event
        ORDER BY l.batch, l.n
        """,
        r => new StoredEvent(r.GetString(0), r.GetInt64(1), JsonElement.Parse(Encoding.UTF8.GetString((byte[])r.GetValue(2)))));

    /// <summary>Every profile by its distinct id.</summary>
    public Dictionary<string, JsonElement> Profiles() => Query("SELECT distinct_id, props FROM profile", r => (Id: r.GetString(0), Props: JsonElement.Parse(r.GetString(1))))
        .ToDictionary(p => p.Id, p => p.Props);

    /// <summary>Every group profile, a line each.</summary>
    public List<string> Groups() => Query(
        "SELECT group_key, group_id, props FROM group_profile ORDER BY group_key, group_id", r => $"{r.GetString(0)} {r.GetString(1)} {r.GetString(2)}");

    /// <summary>What was claimed about ids, a line each.</summary>
    public List<string> Claims() => Query("SELECT id, other, state FROM identity_claim ORDER BY id, other", r => $"{r.GetString(0)} {r.GetString(1)} {r.GetString(2)}");

    /// <summary>What was counted altogether, a line each.</summary>
    public List<string> Counts() => Query(
        "SELECT way, outcome, name, sum(records) FROM intake_count GROUP BY way, outcome, name ORDER BY way, outcome, name",
        r => $"{r.GetString(0)} {r.GetString(1)} {r.GetString(2)} {r.GetInt64(3)}");

    public List<string> DeadLetters() => Query("SELECT origin, detail FROM dead_letter ORDER BY origin, detail", r => $"{r.GetString(0)}: {r.GetString(1)}");

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        _folder.Dispose();
    }

    private List<T> Query<T>(string sql, Func<SqliteDataReader, T> read)
    {
        var source = new SqliteConnectionStringBuilder { DataSource = _folder.Combine("data", "sluice.db"), Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 30 };
        using var connection = new SqliteConnection(source.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private static void WriteCertificate(TempFolder folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        folder.Write("certificate.pem", certificate.ExportCertificatePem());
        folder.Write("key.pem", key.ExportPkcs8PrivateKeyPem());
    }
}
