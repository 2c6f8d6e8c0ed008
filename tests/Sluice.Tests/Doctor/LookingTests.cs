using System.Text;
using Sluice.Configuration;
using Sluice.Core.Cohorts;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.Management;
using Sluice.Core.Pull;
using Sluice.Hosting;
using Sluice.Storage;
using Sluice.Testing;

namespace Sluice.Tests.Doctor;

/// <summary>The doctor looks at what is there, changes nothing, and comes to its end whatever it finds.</summary>
public sealed class LookingTests
{
    [Fact]
    public async Task It_makes_no_key_and_remembers_none()
    {
        await using var home = await DoctorHome.CreateAsync();
        var folder = Path.GetDirectoryName(home.StoreFile)!;
        var before = Directory.GetFiles(folder).Order(StringComparer.Ordinal).ToList();
        (await home.RunAsync("--offline")).Expect(0);
        Assert.Equal(before, Directory.GetFiles(folder).Order(StringComparer.Ordinal));

        // A lost key is lost, and is not made anew; and one that nobody has used is not pinned.
        await File.WriteAllTextAsync(Path.Combine(folder, "master.key"), "never used", DoctorHome.Token);
        (await home.RunAsync("--offline")).Expect(0);
        File.Delete(Path.Combine(folder, "master.key"));
        await home.MakeKeyAsync();
        File.Delete(Path.Combine(folder, "master.key"));
        Assert.Contains(await home.FindAsync("--offline"), f => f.Code == "master_key_wrong" && f.Seen.Contains("there is none now", StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Combine(folder, "master.key")));
    }

    [Fact]
    public async Task An_empty_database_stays_empty()
    {
        await using var home = await DoctorHome.CreateAsync();
        await using var database = await (await PostgresServer.SharedAsync(DoctorHome.Token)).CreateDatabaseAsync(DoctorHome.Token);
        home.More = $"storage: {{ engine: postgres, connection: \"{database.ConnectionString}\" }}";
        home.MoreOfServer = ", master_key: a-master-key-that-is-long-enough-for-anybody";
        Assert.Equal(["store_missing"], (await home.FindAsync()).Select(f => f.Code));

        await using var store = await Store.OpenPostgresAsync(database.ConnectionString, DoctorHome.Token, asItIs: true);
        Assert.Equal(0, await store.VersionAsync(DoctorHome.Token));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_without_a_byte_stays_without(bool offline)
    {
        await using var home = await DoctorHome.CreateAsync();
        Array.ForEach(Directory.GetFiles(home.Folder), File.Delete);
        await File.WriteAllBytesAsync(home.StoreFile, [], DoctorHome.Token);
        var ran = (await home.RunAsync(offline ? ["--offline"] : [])).Expect(0);

        Assert.Contains("store_missing", ran.Output, StringComparison.Ordinal);
        Assert.Equal([(Path.GetFileName(home.StoreFile), 0L)], new DirectoryInfo(home.Folder).GetFiles().Select(f => (f.Name, f.Length)));
    }

    [Fact]
    public async Task A_store_with_another_journal_keeps_it()
    {
        await using var home = await DoctorHome.CreateAsync();
        await home.ChangeStoreAsync("PRAGMA journal_mode = DELETE");
        var before = FolderState.Of(home.Folder);
        Assert.Empty(await home.FindAsync("--offline"));
        Assert.Equal(before, FolderState.Of(home.Folder));
    }

    [Fact]
    public async Task An_older_store_stays_as_old()
    {
        await using var home = await DoctorHome.CreateAsync();
        await home.ChangeStoreAsync("DELETE FROM schema_version WHERE version > 7");
        var codes = (await home.FindAsync()).Select(f => f.Code).ToList();
        Assert.Contains("store_older", codes);
        Assert.Equal(0, home.Remotes.Queries);

        await using var store = await Store.OpenSqliteAsync(home.StoreFile, home.Time, DoctorHome.Token, asItIs: true);
        Assert.Equal(7, await store.VersionAsync(DoctorHome.Token));
    }

    [Fact]
    public async Task What_the_management_API_has_connected_is_looked_at()
    {
        await using var home = await DoctorHome.CreateAsync();
        home.Credentials = "";
        Assert.Contains(await home.FindAsync(), f => f.Code == "mixpanel_not_connected");

        var box = new SecretBox(await home.MakeKeyAsync());
        await home.WithStoreAsync(async store =>
        {
            var content = new ConnectedSettings(store.Connectors, box).Seal("shop", new ConnectedMixpanel(null, "robot.acme", DoctorHome.Secret, "4100200", DataResidency.Us));
            await store.Connectors.ConnectAsync("shop", "mixpanel", content, null, DoctorHome.Token);
        });
        Assert.Empty(await home.FindAsync());
        Assert.Equal(1, home.Remotes.Queries);

        await home.WithStoreAsync(store => store.Connectors.ConnectAsync("shop", "mixpanel", new byte[64], null, DoctorHome.Token));
        Assert.Contains(await home.FindAsync("--offline"), f => f.Code == "master_key_wrong" && f.Seen.Contains("cannot be decrypted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_config_that_cannot_work_takes_no_other_check_with_it()
    {
        await using var home = await DoctorHome.CreateAsync();
        home.Mapping = "{ mail: email }";
        home.Remotes.On("POST mixpanel.com/api/query/cohorts/list", 402);
        var found = await home.FindAsync();
        Assert.Contains(found, f => f.Code == "config_invalid" && f.Seen.Contains("property_mapping takes mail for email", StringComparison.Ordinal));
        Assert.Contains(found, f => f.Code == "mixpanel_plan");
    }

    [Fact]
    public async Task What_nobody_thought_of_takes_no_other_check_with_it()
    {
        await using var home = await DoctorHome.CreateAsync();
        home.Remotes.Broken("api.brevo.com").On("POST mixpanel.com/api/query/cohorts/list", 402);
        var found = await home.FindAsync();
        Assert.Contains(found, f => f.Code == "unchecked" && f.Seen == "Looking at Brevo for project shop failed: Nobody thought of this.");
        Assert.Contains(found, f => f.Code == "mixpanel_plan");
    }

    [Fact]
    public async Task A_pulled_cohort_is_no_recurring_sync_of_Mixpanels()
    {
        await using var home = await DoctorHome.CreateAsync();
        await home.SendAsync("9", "Fetched");
        await home.SendAsync("9", "Fetched", CohortAction.AddMembers);
        var last = home.Time.Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        home.Time.Now += TimeSpan.FromHours(3);
        Assert.Contains(await home.FindAsync("--offline"), f => f.Code == "cohort_quiet");

        await home.WithStoreAsync(async store =>
        {
            var lease = await store.Leases.TryTakeAsync("pull/shop", "test", TimeSpan.FromMinutes(1), DoctorHome.Token);
            await store.PullJobs.SaveAsync("shop", lease!, new PullJob("cohorts", home.Time.Now, $$$"""{"fetched":{"9":"{{{last}}}"}}""", null), DoctorHome.Token);
        });
        Assert.Empty(await home.FindAsync("--offline"));

        // Mixpanel sends it after all.
        await home.SendAsync("9", "Fetched", CohortAction.AddMembers);
        home.Time.Now += TimeSpan.FromMinutes(150);
        Assert.Contains(await home.FindAsync("--offline"), f => f.Code == "cohort_quiet");
    }

    [Fact]
    public async Task The_newest_events_are_looked_at()
    {
        await using var home = await DoctorHome.CreateAsync();
        await ImportAsync(home, 2_000, """{"distinct_id":"u1"}""");
        await ImportAsync(home, 1_999, """{"distinct_id":"u1","$insert_id":"a#"}""");
        await ImportAsync(home, 1, """{"distinct_id":"u1","$insert_id":"b"}""");
        Assert.Empty(await home.FindAsync("--offline"));

        await ImportAsync(home, 1, """{"distinct_id":"u1"}""");
        Assert.Equal(["1 of 2,000 recent events carry no $insert_id."], (await home.FindAsync("--offline")).Select(f => f.Seen));
    }

    private static Task ImportAsync(DoctorHome home, int count, string properties) => home.WithStoreAsync(store =>
    {
        var records = Enumerable.Range(0, count)
            .Select(i => new EventRecord(
                "Purchase", home.Time.Now.ToUnixTimeMilliseconds() + i, "u1", null,
                Encoding.UTF8.GetBytes(properties.Replace("#", i.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)))).ToArray();
        return store.Events.AppendAsync(new EventBatch("shop", Origin.Received, IdentityMode.Simplified, records, []), DoctorHome.Token);
    });
}
