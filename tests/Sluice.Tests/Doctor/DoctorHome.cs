using Microsoft.Data.Sqlite;
using Sluice.Core.Cohorts;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Hosting;
using Sluice.Tests.Commands;

namespace Sluice.Tests.Doctor;

/// <summary>A config, a store and the remote systems, all well; a test makes one thing wrong and asks the doctor.</summary>
internal sealed class DoctorHome : IAsyncDisposable
{
    public const string Secret = "service-account-secret-123";
    private const string ApiKey = "xkeysib-the-key-of-the-doctor";

    private readonly CommandHome _home;
    private int _sessions;

    private DoctorHome(CommandHome home, DoctorTime time)
    {
        _home = home;
        Time = time;
        Remotes = new FakeRemotes(() => Time.Now);
        home.Host = home.Host with { Http = Remotes.Handler };
    }

    public static CancellationToken Token => CommandHome.Token;

    public DoctorTime Time { get; }

    public FakeRemotes Remotes { get; }

    public string StoreFile => _home.StoreFile;

    /// <summary>Where the program keeps what it keeps.</summary>
    public string Folder => Path.GetDirectoryName(StoreFile)!;

    public string Credentials { get; set; } = $"service_account: {{ username: robot.acme, secret: {Secret} }}";

    public string MoreOfMixpanel { get; set; } = "";

    public string ProjectId { get; set; } = "4100200";

    public string Brevo { get; set; } = $"brevo: {{ api_key: {ApiKey} }}";

    public string PublicUrl { get; set; } = "https://sluice.example.test";

    /// <summary>The connector of Brevo with one more key.</summary>
    public static string BrevoWith(string more) => $"brevo: {{ api_key: {ApiKey}, {more} }}";

    public string Mapping { get; set; } = "{ $email: email, $first_name: FIRSTNAME, plan: PLAN_TYPE }";

    public string More { get; set; } = "";

    public string MoreOfServer { get; set; } = "";

    public string Id { get; set; } = "shop";

    public static async Task<DoctorHome> CreateAsync()
    {
        var time = new DoctorTime();
        var home = new DoctorHome(await CommandHome.CreateAsync(time), time);

        // What the config's list waits for has come, and is fresh.
        await home.SendAsync(CommandHome.Engaged, "Engaged users");
        return home;
    }

    public Task WithStoreAsync(Func<Storage.Store, Task> work) => _home.WithStoreAsync(work);

    /// <summary>Takes a session of one page with nobody in it.</summary>
    public Task SendAsync(string cohort, string name, CohortAction action = CohortAction.Members, string project = "4100200", RejectedMember[]? rejected = null) => WithStoreAsync(
        store => store.Intake.ApplyAsync(
            new CohortPage("shop", cohort, name, null, project, $"session-{++_sessions}", action, 1, 1, (UInt128)_sessions, [], rejected ?? []), Token));

    public Task ImportAsync(string name, string properties, IdentityMode mode = IdentityMode.Simplified, TimeSpan ago = default, string person = "u1", string? insertId = null) => WithStoreAsync(
        store => store.Events.AppendAsync(
            new EventBatch(
                "shop", Origin.Received, mode,
                [new EventRecord(name, (Time.Now - ago).ToUnixTimeMilliseconds(), person, insertId, System.Text.Encoding.UTF8.GetBytes(properties))], []),
            Token));

    /// <summary>The master key of the store, made now and remembered by the store.</summary>
    public async Task<byte[]> MakeKeyAsync()
    {
        var key = MasterKey.Load(configured: null, Path.GetDirectoryName(StoreFile)!);
        await WithStoreAsync(store => MasterKey.CheckAsync(key, store.Settings, Token));
        return key;
    }

    /// <summary>Changes the store behind the program's back.</summary>
    public async Task ChangeStoreAsync(string sql)
    {
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = StoreFile, Pooling = false }.ToString());
        await connection.OpenAsync(Token);
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The test's own words.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Token);
    }

    public async Task<Ran> RunAsync(params string[] arguments)
    {
        await File.WriteAllTextAsync(
            _home.ConfigFile,
            $$"""
            server: { urls: "http://127.0.0.1:0", data: ./data{{(PublicUrl.Length == 0 ? "" : $", public_url: \"{PublicUrl}\"")}}{{MoreOfServer}} }
            project: { id: {{Id}}, access_key: access-key-of-the-shop, secret_key: secret-key-of-the-shop-123456 }
            connectors:
              mixpanel:
                project_id: "{{ProjectId}}"
                lists: { engaged_users: 16 }
                {{Credentials}}
                {{MoreOfMixpanel}}
              {{Brevo}}
            property_mapping: {{Mapping}}
            {{More}}
            """,
            Token);
        var ran = await _home.RunAsync(["doctor", .. arguments]);
        Assert.DoesNotContain(Secret, ran.Output + ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(ApiKey, ran.Output + ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-key-of-the-shop", ran.Output + ran.Error, StringComparison.Ordinal);
        Assert.All(Remotes.Calls, call => Assert.DoesNotContain(Secret, call, StringComparison.Ordinal));
        return ran;
    }

    /// <summary>The codes of what the doctor finds, with what it saw.</summary>
    public async Task<IReadOnlyList<(string Code, string Seen)>> FindAsync(params string[] arguments)
    {
        var ran = await RunAsync(["--format", "json", .. arguments]);
        return [.. ran.Json.GetProperty("findings").EnumerateArray().Select(f => (f.GetProperty("code").GetString()!, f.GetProperty("seen").GetString()!))];
    }

    public ValueTask DisposeAsync() => _home.DisposeAsync();
}
