using Microsoft.Data.Sqlite;
using Sluice.Core.Cohorts;
using Sluice.Core.Doctor;
using Sluice.Core.Pull;

namespace Sluice.Tests.Doctor;

/// <summary>Everything that the doctor can find is provoked, and found.</summary>
public sealed class FindingTests
{
    private const string Question = "POST mixpanel.com/api/query/cohorts/list";

    /// <summary>How each finding is provoked, and words of what is seen.</summary>
    private static readonly Dictionary<string, (Func<DoctorHome, Task> Provoke, string Seen)> Cases = new(StringComparer.Ordinal)
    {
        ["config_invalid"] = (Set(h => h.Id = "'no id'"), "project.id"),
        ["config_doubtful"] = (Set(h => h.More = "alerts: { to: me }"), "alerts"),
        ["store_missing"] = (RemoveStore, "There is no store"),
        ["store_unreachable"] = (SpoilStoreAsync, "sluice.db"),
        ["store_older"] = (h => h.ChangeStoreAsync("DELETE FROM schema_version WHERE version > 7"), "The store is of version 7"),
        ["store_newer"] = (h => h.ChangeStoreAsync("INSERT INTO schema_version (version) VALUES (9999)"), "version 9999"),
        ["master_key_wrong"] = (ChangeKeyAsync, "another master key"),
        ["clock_wrong"] = (Set(h => h.Remotes.Skew = TimeSpan.FromMinutes(-10)), "600 s ahead of"),
        ["public_url_missing"] = (Set(h => h.PublicUrl = ""), "not set"),
        ["public_url_unreachable"] = (Set(h => h.Remotes.On("sluice.example.test", 502)), "answers 502"),
        ["unchecked"] = (SpoilStoreAsync, "credentials were not tried"),
        ["connector_paused"] = (PauseAsync, "brevo is paused"),
        ["mixpanel_not_connected"] = (Set(h => h.Credentials = ""), "no service account"),
        ["mixpanel_unreachable"] = (Set(h => h.Remotes.Dead("data.mixpanel.com")), "data.mixpanel.com (export)"),
        ["mixpanel_credentials"] = (Set(h => h.Remotes.On(Question, 401)), "so do the hosts of the other residencies"),
        ["mixpanel_residency"] = (Set(h => h.Remotes.On(Question, 401).On("POST in.mixpanel.com/api/query/cohorts/list", 200, "[]")), "data_residency is US and should be IN"),
        ["mixpanel_plan"] = (Set(h => h.Remotes.On(Question, 402)), "402"),
        ["mixpanel_role"] = (Set(h => h.Remotes.On(Question, 403)), "403"),
        ["mixpanel_project"] = (Set(h => h.Remotes.On("GET mixpanel.com/api/app/me", 200, """{"status":"ok","results":{"projects":{"99":{"name":"Other"}}}}""")), "4100200"),
        ["mixpanel_budget"] = (Set(h => h.Remotes.On(Question, 429)), "429"),
        ["mixpanel_answer"] = (Set(h => h.Remotes.On(Question, 500)), "500"),
        ["mixpanel_token"] = (Set(h => PassOn(h).Remotes.On("POST api.mixpanel.com/import", 401)), "api.mixpanel.com answers 401 to project_token"),
        ["events_repeated"] = (RepeatAsync, "2026-11-01 1, 2026-11-02 2"),
        ["events_without_insert_id"] = (h => h.ImportAsync("Purchase", """{"distinct_id":"u1"}"""), "1 of 1 recent events"),
        ["identity_mode"] = (h => h.ImportAsync("$merge", """{"distinct_id":"u1","$insert_id":"a"}"""), "identity is simplified"),
        ["cohorts_of_other_project"] = (h => h.SendAsync("1", "Strangers", project: "5"), "Mixpanel project 5"),
        ["cohort_quiet"] = (GoQuietAsync, "Dormant (9)"),
        ["cohort_slots"] = (FillSlotsAsync, "55 of Mixpanel's 60"),
        ["list_waits"] = (h => h.ChangeStoreAsync("DELETE FROM cohort"), "lists.engaged_users waits"),
        ["pull_late"] = (MakeJobAsync, "events was due at 2026-11-02 06:00:00Z"),
        ["dead_letters"] = (h => h.SendAsync("7700123", "Engaged users", rejected: [new RejectedMember(0, "no_id", "There is no id.", "{}")]), "no_id 1"),
        ["brevo_not_connected"] = (Set(h => h.Brevo = ""), "not set"),
        ["brevo_unreachable"] = (Set(h => h.Remotes.Dead("api.brevo.com")), "api.brevo.com"),
        ["brevo_key"] = (Set(h => h.Remotes.On("GET api.brevo.com/v3/account", 401, """{"code":"unauthorized","message":"Key not found"}""")), "Key not found"),
        ["brevo_ip"] = (Set(h => h.Remotes.On(
            "GET api.brevo.com/v3/account", 401, """{"code":"unauthorized","message":"We have detected you are using an unrecognised IP address 203.0.113.7"}""")), "unrecognised IP"),
        ["brevo_refuses"] = (Set(h => h.Remotes.On("GET api.brevo.com/v3/account", 403, """{"code":"permission_denied","message":"not allowed"}""")), "not allowed"),
        ["brevo_budget"] = (Set(h => h.Remotes.On("GET api.brevo.com/v3/account", 429, """{"message":"too many"}""")), "429"),
        ["brevo_attribute_missing"] = (Set(h => h.Mapping = "{ $email: email, city: CITY }"), "CITY"),
        ["brevo_attribute_wrong"] = (Set(h => h.Mapping = "{ $email: email, plan: { attribute: PLAN_TYPE, type: float } }"), "PLAN_TYPE"),
        ["brevo_list_missing"] = (Set(h => h.Remotes.On("GET api.brevo.com/v3/contacts/lists/16", 404, """{"code":"document_not_found","message":"List ID does not exist"}""")), "list 16"),
        ["brevo_webhook_missing"] = (Set(h => h.Remotes.On("GET api.brevo.com/v3/webhooks", 200, """{"webhooks":[]}""")), "https://sluice.example.test/brevo/projects/shop/events"),
    };

    public static TheoryData<string> Codes => [.. Cases.Keys];

    [Fact]
    public void Every_finding_of_the_catalogue_is_provoked() =>
        Assert.Equal(FindingCatalogue.All.Select(k => k.Code).Order(StringComparer.Ordinal), Cases.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task What_is_wrong_is_found(string code)
    {
        await using var home = await DoctorHome.CreateAsync();
        await Cases[code].Provoke(home);
        var found = await home.FindAsync();

        Assert.Contains(found, f => f.Code == code && f.Seen.Contains(Cases[code].Seen, StringComparison.Ordinal));
        Assert.InRange(home.Remotes.Queries, 0, 3);
    }

    [Fact]
    public async Task Where_all_is_well_nothing_is_found()
    {
        await using var home = await DoctorHome.CreateAsync();
        await home.ImportAsync("Purchase", """{"distinct_id":"u1","$insert_id":"a"}""");
        await home.ImportAsync("$identify", """{"distinct_id":"u1","$insert_id":"b"}""");

        Assert.Empty(await home.FindAsync());
        Assert.Equal(1, home.Remotes.Queries);
        var ran = (await home.RunAsync()).Expect(0);
        Assert.Equal(("", "Nothing is wrong.\n"), (ran.Output, ran.Error));
    }

    /// <summary>Looking changes nothing: no file at all where nobody is asked, and beside what calls have cost nothing in the store.</summary>
    [Theory]
    [MemberData(nameof(Codes))]
    public async Task Nothing_is_changed(string code)
    {
        await using var home = await DoctorHome.CreateAsync();
        await Cases[code].Provoke(home);
        var before = FolderState.Of(home.Folder);
        await home.RunAsync("--offline");
        Assert.Equal(before, FolderState.Of(home.Folder));

        var kept = FolderState.Of(home.Folder, without: "permit_book");
        await home.RunAsync();
        Assert.Equal(kept, FolderState.Of(home.Folder, without: "permit_book"));
    }

    internal static DoctorHome PassOn(DoctorHome home)
    {
        home.MoreOfMixpanel = "forward: true\n    project_token: token0123456789";
        return home;
    }

    private static async Task RepeatAsync(DoctorHome home)
    {
        // Two of yesterday and three of today; another name, person or insert id is another event.
        foreach (var (minutes, person, id) in new[] { (600, "u1", "a"), (610, "u1", "a"), (1, "u1", "a"), (2, "u1", "a"), (3, "u1", "a"), (4, "u2", "a"), (5, "u1", "b") })
        {
            await home.ImportAsync("Purchase", $$"""{"distinct_id":"{{person}}","$insert_id":"{{id}}"}""", ago: TimeSpan.FromMinutes(minutes), person: person, insertId: id);
        }

        await home.ImportAsync("Open", """{"distinct_id":"u1","$insert_id":"a"}""", insertId: "a");
    }

    private static Func<DoctorHome, Task> Set(Action<DoctorHome> change) => home =>
    {
        change(home);
        return Task.CompletedTask;
    };

    private static Task RemoveStore(DoctorHome home)
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(Path.GetDirectoryName(home.StoreFile)!, recursive: true);
        return Task.CompletedTask;
    }

    private static async Task SpoilStoreAsync(DoctorHome home)
    {
        await RemoveStore(home);
        Directory.CreateDirectory(Path.GetDirectoryName(home.StoreFile)!);
        await File.WriteAllTextAsync(home.StoreFile, string.Concat(Enumerable.Repeat("this is no database ", 500)), DoctorHome.Token);
    }

    private static async Task ChangeKeyAsync(DoctorHome home)
    {
        await home.MakeKeyAsync();
        await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(home.StoreFile)!, "master.key"), "another", DoctorHome.Token);
    }

    private static async Task PauseAsync(DoctorHome home)
    {
        await home.MakeKeyAsync();
        await home.WithStoreAsync(store => store.Connectors.PauseAsync("shop", "brevo", paused: true, DoctorHome.Token));
    }

    private static async Task GoQuietAsync(DoctorHome home)
    {
        await home.SendAsync("9", "Dormant");
        await home.SendAsync("9", "Dormant", CohortAction.AddMembers);
        home.Time.Now += TimeSpan.FromHours(3);
    }

    private static async Task FillSlotsAsync(DoctorHome home)
    {
        for (var cohort = 100; cohort < 155; cohort++)
        {
            await home.SendAsync(cohort.ToString(System.Globalization.CultureInfo.InvariantCulture), "Cohort", CohortAction.AddMembers);
        }
    }

    private static Task MakeJobAsync(DoctorHome home) => home.WithStoreAsync(async store =>
    {
        var lease = await store.Leases.TryTakeAsync("pull/shop", "test", TimeSpan.FromMinutes(1), DoctorHome.Token);
        await store.PullJobs.SaveAsync("shop", lease!, new PullJob("events", home.Time.Now - TimeSpan.FromHours(3), null, null), DoctorHome.Token);
    });
}
