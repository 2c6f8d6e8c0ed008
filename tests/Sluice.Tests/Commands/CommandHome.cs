using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sluice.Commands;
using Sluice.Core.Cohorts;
using Sluice.Core.People;
using Sluice.Core.Projects;
using Sluice.Simulators.Brevo;
using Sluice.Storage;
using Sluice.Testing;

namespace Sluice.Tests.Commands;

/// <summary>A folder with a config and a store, a simulated Brevo, and the program's commands.</summary>
internal sealed class CommandHome : IAsyncDisposable
{
    public const string Project = "shop";
    public const string Engaged = "7700123";
    public const string ApiKey = "xkeysib-a-secret-of-the-account";

    // A command that hangs is stopped by then, and says what it has said so far.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private readonly TempFolder _folder = new();
    private int _session;

    private CommandHome(BrevoSimulator brevo, TimeProvider time)
    {
        Brevo = brevo;
        Host = new CommandHost { Environment = _ => null, Time = time };
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static Golden Golden { get; } = Golden.In("tests/Sluice.Tests/Commands/Golden");

    public BrevoSimulator Brevo { get; }

    public CommandHost Host { get; set; }

    public string ConfigFile => _folder.Combine("sluice.yaml");

    public string StoreFile => _folder.Combine("data", "sluice.db");

    public static async Task<CommandHome> CreateAsync(TimeProvider? time = null, string lists = "engaged_users: 16", string more = "")
    {
        var brevo = await BrevoSimulator.StartAsync(
            new BrevoSimulatorOptions { ApiKey = ApiKey, ImportQueueTime = TimeSpan.FromMilliseconds(20), ImportBaseTime = TimeSpan.FromMilliseconds(50) }, Token);
        brevo.CreateList("Engaged", 16);
        brevo.CreateList("Newsletter", 20);
        var home = new CommandHome(brevo, time ?? new StandingTime());
        home._folder.Write("sluice.yaml", $$"""
            server: { urls: "http://127.0.0.1:0", data: ./data }
            project: { id: {{Project}}, access_key: access-key-of-the-shop, secret_key: secret-key-of-the-shop-123456 }
            connectors:
              mixpanel:
                enabled: true
                project_id: "4100200"
                data_residency: "US"
                lists: { {{lists}} }
              brevo: { api_key: {{ApiKey}}, base_url: {{brevo.BaseUrl}} }
            property_mapping: { $email: email, $first_name: FIRSTNAME, plan: PLAN_TYPE }
            {{more}}
            """);
        Directory.CreateDirectory(Path.GetDirectoryName(home.StoreFile)!);
        return home;
    }

    /// <summary>Works on the store directly, and closes it again.</summary>
    public async Task WithStoreAsync(Func<Store, Task> work)
    {
        await using var store = await Store.OpenSqliteAsync(StoreFile, Host.Time, Token);
        await store.Projects.PutAsync(new StoredProject(Project, "access-key-of-the-shop", [1, 2, 3]), Token);
        await work(store);
    }

    /// <summary>Takes a full session of one page, and lets history follow.</summary>
    public Task SendAsync(params (string Id, string Properties)[] people) => SendAsync(Engaged, "Engaged users", people, []);

    public Task SendAsync(string cohort, string name, (string Id, string Properties)[] people, RejectedMember[] rejected, int page = 1, int of = 1) => WithStoreAsync(async store =>
    {
        var session = string.Create(CultureInfo.InvariantCulture, $"session-{cohort}-{(page == 1 ? ++_session : _session)}");
        await store.Intake.ApplyAsync(Page(cohort, name, session, people, rejected, page, of), Token);
        while (await store.Settling.SettleAsync(Project, Token))
        {
            // Until nothing is left to follow.
        }
    });

    public async Task<Ran> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(Limit);
        var code = await SluiceCommand.RunAsync(
            [.. arguments, "--config", ConfigFile], Host, new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false }, limit.Token);
        var ran = new Ran(code, output.ToString(), error.ToString());
        Assert.DoesNotContain(ApiKey, ran.Output + ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', ran.Output + ran.Error);
        return ran;
    }

    public async ValueTask DisposeAsync()
    {
        await Brevo.DisposeAsync();
        _folder.Dispose();
    }

    public static string Person(string email, string more = "") => $$"""{"$email":"{{email}}"{{more}}}""";

    public static (string Id, string Properties)[] People(int count) => [.. Enumerable.Range(1, count).Select(i => ($"u{i:00}", Person($"u{i:00}@shop.test")))];

    private static CohortPage Page(
        string cohort, string name, string session, (string Id, string Properties)[] people, RejectedMember[] rejected, int page, int of)
    {
        var members = people.Select(p =>
        {
            var (email, phone) = ContactKeys.Of(Project, p.Properties);
            return new CohortMember(PersonKey.Of(Project, p.Id), p.Id, p.Properties, email, phone);
        }).OrderBy(m => m.Key).ToArray();
        var content = PersonKey.Of("content", string.Join('\n', members.Select(m => m.DistinctId + m.Properties)));
        return new CohortPage(Project, cohort, name, "at least three sessions", "4100200", session, CohortAction.Members, of, page, content.Value, members, rejected);
    }
}

/// <summary>What a command left.</summary>
internal sealed record Ran(int Code, string Output, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>The command ended well; what it said is in the failure otherwise.</summary>
    public Ran Expect(int code)
    {
        Assert.True(Code == code, $"ended with {Code}, not {code}\n{Output}\n{Error}");
        return this;
    }
}

/// <summary>A clock that stands.</summary>
internal sealed class StandingTime : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 11, 2, 9, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}

/// <summary>A clock that runs faster than the true one.</summary>
internal sealed class FastTime(int factor) : TimeProvider
{
    private readonly DateTimeOffset _start = System.GetUtcNow();

    public override DateTimeOffset GetUtcNow() => _start + ((System.GetUtcNow() - _start) * factor);
}
