using System.Text;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Erasure;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.Lookups;
using Sluice.Core.People;
using Sluice.Storage.Erasure;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Erasure;

/// <summary>Who is erased is nowhere, does not come back, and takes nobody else along.</summary>
public abstract class ErasureContract : ErasureSuite
{
    private const string Ana = "anastasia-1";
    private const string Email = "anastasia@erase.test";
    private const string Phone = "+14155550123";
    private const string Name = "Anastasia Quill";

    // All that tells of her: texts, and the keys that anybody can make of them.
    private string[] Traces => [.. new[] { Ana, Email, "old." + Email, "14155550123", Name, "dev-" + Ana }.Concat(
        new[] { Ana, Email, "14155550123", $"$device:dev-{Ana}" }.Select(v => Convert.ToHexStringLower(PersonKey.Of(Project, v).ToBytes())))];

    [Fact]
    public async Task Everything_of_a_person_goes_and_a_neighbour_of_similar_names_stays()
    {
        await FillAsync(Ana, Email, Phone, Name);
        await FillAsync("anastasia-12", "anastasia@erase.test.example", "+14155550124", "Anastasia Quilla");
        await Added("last").SendProfilesAsync(1, 1, (Ana, "{}"), ("anastasia-12", "{}"));
        var before = await Home.DumpAsync(Token);
        Assert.All(Traces, t => Assert.Contains(before, table => Found(table.Value, t)));
        var holding = before.Where(t => Traces.Any(trace => Found(t.Value, trace))).Select(t => t.Key).ToList();

        // An erasure's own tables hold her while it goes on; what follows groups and lookup tables has a suite of its own.
        string[] elsewhere = ["erasure", "erasure_contact", "erasure_part", "erasure_subject", "followed_lookups", "forward_address", "group_mark", "group_member", "company", "company_mark"];
        Assert.Equal(ErasedTables.Touched.Except(elsewhere).Order(StringComparer.Ordinal), holding.Order(StringComparer.Ordinal));

        var state = await RequestAsync(Ana);
        await EraseAsync();

        var after = await Home.DumpAsync(Token);
        Assert.Empty(after.SelectMany(t => Traces.Where(trace => Found(t.Value, trace)).Select(trace => $"{t.Key}: {trace}")));
        var done = (await Store.Erasures.FindAsync(Project, state.Id, Token))!;
        Assert.Equal((ErasureStatus.Success, 0, 1), (done.Status, done.DistinctIds.Count, done.DistinctIdCount));
        Assert.Equal((3, 1, 4, 1), (done.Erased["events"], done.Erased["profiles"], done.Erased["dead_letters"], done.Erased["memberships"]));

        // Only what is about her went.
        string[] rest = ["anastasia-12", "anastasia@erase.test.example", "Anastasia Quilla"];
        foreach (var table in before.Keys.Where(t => t is not ("erasure" or "tombstone" or "tombstone_stamp" or "schema_version" or "lease")))
        {
            Assert.Equal(rest.Select(r => Count(before[table], r)), rest.Select(r => Count(after[table], r)));
        }

        Assert.Equal(1, (await GroupAsync()).Members);
        Assert.Equal(1, await Home.CountAsync("SELECT count(*) FROM forward_address WHERE project = @project", Token));
    }

    [Fact]
    public async Task However_often_a_lookup_table_was_replaced_no_row_of_theirs_is_left()
    {
        foreach (var isFinished in new[] { true, true, true, true, false, false })
        {
            var load = await Store.Lookups.BeginAsync(Project, Products, Token);
            await Store.Lookups.AddAsync(load, [new LookupRow(Ana, $$"""{"name":"{{Name}}"}"""), new LookupRow("other", "{}")], Token);
            await (isFinished ? Store.Lookups.FinishAsync(load, ["id"], 2, Token) : Task.CompletedTask);
        }

        Assert.Equal(6, await Home.CountAsync($"SELECT count(*) FROM lookup_row WHERE project = @project AND row_key = '{Ana}'", Token));
        var state = await RequestAsync(Ana);
        await EraseAsync();

        Assert.Equal(6, (await Store.Erasures.FindAsync(Project, state.Id, Token))!.Erased["lookup_rows"]);
        Assert.DoesNotContain(await Home.DumpAsync(Token), t => Traces.Any(trace => Found(t.Value, trace)));
        Assert.Equal(6, await Home.CountAsync("SELECT count(*) FROM lookup_row WHERE project = @project", Token));
        byte[][] traces = [Encoding.UTF8.GetBytes(Ana), Encoding.UTF8.GetBytes(Name), PersonKey.Of(Project, Ana).ToBytes()];
        foreach (var file in Home is SqliteHome home ? Directory.GetFiles(Path.GetDirectoryName(home.File)!) : [])
        {
            var bytes = await File.ReadAllBytesAsync(file, Token);
            Assert.DoesNotContain(traces, t => bytes.AsSpan().IndexOf(t) >= 0);
        }
    }

    [Fact]
    public async Task All_ids_of_the_person_go_together()
    {
        await FillAsync(Ana, Email, Phone, Name);
        await RequestAsync($"$device:dev-{Ana}");
        await EraseAsync();

        Assert.DoesNotContain(await Home.DumpAsync(Token), t => Found(t.Value, Ana));
    }

    [Fact]
    public async Task What_comes_later_is_acknowledged_and_not_kept()
    {
        await FillAsync(Ana, Email, Phone, Name);
        await RequestAsync(Ana);
        await EraseAsync();

        var events = await AppendAsync(
            [
                Event("Open", Ana, 10, "{}"), Event("Open", "stranger", 11, "{}"), Event("Open", "newcomer", 12, $$"""{"$email":"{{Email.ToUpperInvariant()}}"}"""),
                Event("$merge", "stranger", 13, $$"""{"$distinct_ids":["stranger","{{Ana}}"]}"""), Event("Open", "newcomer", 14, $$"""{"$user_id":"{{Ana}}"}"""),
            ],
            new IdentityClaim(IdentityClaimKind.Device, "stranger", $"$device:dev-{Ana}"), new IdentityClaim(IdentityClaimKind.Device, "stranger", "$device:own"));
        Assert.Equal((1, 0), (events.Stored, events.Duplicates));
        Assert.Equal([1], events.Fresh);
        Assert.Equal([0, 2, 3, 4], events.Erased);
        Assert.Equal(["$device:own"], (await Store.Identities.ListAsync(Project, null, 10, Token)).Select(c => c.Other));

        Assert.Equal(IntakeOutcome.Erased, Assert.Single(await UpdateAsync(Ana, "plan", "\"pro\"")).Reason);
        Assert.Equal(IntakeOutcome.Erased, Assert.Single(await UpdateAsync("newcomer", "$phone", $"\"{Phone}\"")).Reason);
        Assert.Empty(await UpdateAsync("stranger", "plan", "\"pro\""));
        var page = await Full("later").SendProfilesAsync(1, 1, (Ana, "{}"), ("stranger", "{}"), ("newcomer", $$"""{"$email":"{{Email}}"}"""));
        Assert.Equal((CohortPageEffect.Applied, 2), (page.Effect, page.Erased));
        await SettleAsync();
        await AssertMembersAsync(["stranger"]);
        await Store.Intake.ApplyAsync(
            Full("letters").Page(1, 1, "stranger") with { Rejected = [new RejectedMember(0, "null", "bad", $$"""{"$distinct_id":"{{Ana}}"}""")] }, Token);
        await Store.RefusedRecords.KeepAsync(Project, "import", [new RefusedRecord("bad", "bad", null, $"[\"{Email}\"]"), new RefusedRecord("bad", "bad", null, "[\"other\"]")], Token);
        await Store.Suppressions.AddAsync(Project, [new SuppressionEntry(Email, null, 0, "contact_deleted", "webhook", DateTimeOffset.UnixEpoch)], Token);
        await Store.Profiles.ApplyAsync(new GroupUpdates(Project, [new(0, "household", Ana, [new(ProfileOperationKind.Set, "n", Json("1"))])]), Token);
        var load = await Store.Lookups.BeginAsync(Project, Products, Token);
        await Store.Lookups.AddAsync(load, [new LookupRow(Ana, "{}"), new LookupRow("p1", "{}")], Token);

        Assert.Empty((await Home.DumpAsync(Token)).SelectMany(t => Traces.Where(trace => Found(t.Value, trace)).Select(trace => $"{t.Key}: {trace}")));
        Assert.Equal(["[\"other\"]"], (await Store.DeadLetters.ListAsync(Project, null, 10, Token)).Select(l => l.Payload));
    }

    [Fact]
    public async Task However_a_name_or_an_id_is_spelled_it_is_theirs()
    {
        await RequestAsync(Ana, "4711");
        await EraseAsync();

        var events = await AppendAsync(
        [
            Event("Open", "newcomer", 1, $$"""{"\u0024user_id":"{{Ana}}"}"""), Event("Open", "newcomer", 2, $$"""{"$user_id":"\u0061{{Ana[1..]}}"}"""),
            Event("$identify", "newcomer", 3, $$"""{"$identified\u005fid":"{{Ana}}"}"""), Event("Open", "newcomer", 4, """{"$user_id":4711}"""),
            Event("Open", "newcomer", 5, """{"\u0024user_id":"newcomer"}"""),
        ]);
        Assert.Equal([0, 1, 2, 3], events.Erased);
        Assert.Equal([4], events.Fresh);
    }

    [Fact]
    public async Task Another_node_knows_of_it_with_its_next_commit()
    {
        await using var other = await Home.OpenAsync(Token);
        Prepare(other);
        var batch = new EventBatch(Project, Origin.Received, IdentityMode.Simplified, [Event("Open", Ana, 1, "{}"), Event("Close", Ana, 2, "{}")], []);
        Assert.Equal(2, (await other.Events.AppendAsync(batch, Token)).Stored);
        await RequestAsync(Ana);
        await EraseAsync();

        var again = await other.Events.AppendAsync(batch, Token);
        Assert.Equal((0, 2), (again.Stored, again.Erased.Count));

        // A name that came with an erased person's event alone is not taken for stored.
        await RequestAsync("second");
        await EraseAsync();
        await other.Events.AppendAsync(batch with { Events = [Event("Unheard", "second", 3, "{}")] }, Token);
        await other.Events.AppendAsync(batch with { Events = [Event("Unheard", "third", 4, "{}")] }, Token);
        Assert.Equal("Unheard", Assert.Single((await Store.EventLog.ReadAsync(Project, LogPosition.Start, 10, null, Token)).Events).Name);
    }

    [Fact]
    public async Task It_goes_on_where_it_was_after_any_step()
    {
        await FillAsync(Ana, Email, Phone, Name);
        await RequestAsync(Ana);
        var stages = await EraseAsync(async _ => await ReopenAsync());

        Assert.Equal(stages.Distinct().Order(), stages.Distinct());
        Assert.Contains(ErasureStage.LettersAgain, stages);
        Assert.DoesNotContain(await Home.DumpAsync(Token), t => Traces.Any(trace => Found(t.Value, trace)));
    }

    [Fact]
    public async Task What_was_under_way_is_found_by_the_second_walk()
    {
        await FillAsync(Ana, Email, Phone, Name);
        await RequestAsync(Ana);
        var events = new EventBatch(Project, Origin.Received, IdentityMode.Simplified, [Event("Late", Ana, 50, "{}")], []);
        await EraseAsync(async job =>
        {
            if (job.Stage == ErasureStage.Tables)
            {
                // As a node that has been standing still since before the tombstones would do.
                await Home.ExecuteAsync("UPDATE tombstone_stamp SET stamp = 0 WHERE project = @project", Token);
                Assert.Equal(1, (await Store.Events.AppendAsync(events, Token)).Stored);
                await UpdateAsync(Ana, "plan", "\"pro\"");
                await Home.ExecuteAsync("UPDATE tombstone_stamp SET stamp = 99 WHERE project = @project", Token);
            }
        });

        Assert.DoesNotContain(await Home.DumpAsync(Token), t => Traces.Any(trace => Found(t.Value, trace)));
    }

    [Fact]
    public async Task Who_shares_an_address_with_an_erased_person_is_written_to_no_more()
    {
        await FillAsync(Ana, Email, Phone, Name);
        await Added("twin").SendProfilesAsync(1, 1, ("twin", $$"""{"$email":"{{Email}}"}"""));
        await RequestAsync(Ana);
        await EraseAsync();

        var twin = await LoadAsync(await RegisterAsync(Rule(15, ListMode.Mirror, "7")), "twin");
        Assert.Equal(("twin", IntakeOutcome.Erased), (twin.DistinctId, twin.Suppressed));
    }

    [Fact]
    public async Task Whoever_was_read_before_an_erasure_is_left_out_of_what_is_written_after_it()
    {
        await FillAsync(Ana, Email, Phone, Name);
        await Added("others").SendProfilesAsync(1, 1, ("twin", $$"""{"$email":"{{Email}}"}"""), ("flatmate", $$"""{"$phone":"{{Phone}}"}"""), ("stranger", """{"$email":"s@x.test"}"""));
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        string[] ids = [Ana, "twin", "flatmate", "stranger"];
        var people = await Store.Ledger.LoadAsync(scope, [.. ids.Select(Key)], Token);
        Assert.All(people.Where(p => p.DistinctId != Ana), p => Assert.Null(p.Suppressed));
        await RequestAsync(Ana);
        await EraseAsync();

        var changes = Intend();
        var stopped = await Store.Ledger.CommitAsync(scope, await LeaseAsync(), changes, Token);
        Assert.Equal(new[] { Ana, "twin", "flatmate" }.Select(Key).Order(), stopped.Order());
        Assert.Empty((await Home.DumpAsync(Token)).Where(t => t.Key is not "profile").SelectMany(t => Traces.Where(trace => Found(t.Value, trace)).Select(trace => $"{t.Key}: {trace}")));
        Assert.Equal(1, await Home.CountAsync("SELECT count(*) FROM ledger_contact WHERE project = @project", Token));
        Assert.Equal(1, await Home.CountAsync("SELECT count(*) FROM ledger_member WHERE project = @project", Token));
        Assert.Equal(new[] { "flatmate", "twin" }, (await PendingAsync(scope)).Where(k => k == Key("twin") || k == Key("flatmate")).Select(k => k == Key("twin") ? "twin" : "flatmate").Order());

        // What is written about them without a call is left out as well, and whoever was read since goes.
        changes = Intend();
        changes.Going.Clear();
        changes.Contacts.RemoveAll(c => c.Person != Key(Ana));
        changes.Members.RemoveAll(m => m.Person != Key(Ana));
        await Store.Ledger.CommitAsync(scope, await LeaseAsync(), changes, Token);
        Assert.Equal(1, await Home.CountAsync("SELECT count(*) FROM ledger_contact WHERE project = @project", Token));

        LedgerChanges Intend()
        {
            var changes = new LedgerChanges { Job = JobOf("import", 15) with { Witness = Ana } };
            foreach (var person in people)
            {
                changes.Contacts.Add(new ContactChange(person.Key, Contact(LedgerState.Intended, person.Key == Key("stranger") ? "s@x.test" : Email)));
                changes.Members.Add(new MemberChange(15, person.Key, Member(LedgerState.Intended)));
                changes.Marked.Add(person.Key);
                changes.Going.Add((person.Key, person.Screened));
            }

            return changes;
        }
    }

    [Fact]
    public async Task Whoever_is_known_stays_with_the_address_of_an_erased_person()
    {
        await FillAsync(Ana, Email, Phone, Name);
        await Added("colleagues").SendProfilesAsync(1, 1, ("colleague", $$"""{"$phone":"{{Phone}}"}"""));
        await RequestAsync(Ana);
        await EraseAsync();

        var page = await Full("later").SendProfilesAsync(1, 1, ("colleague", $$"""{"$phone":"{{Phone}}"}"""), ("newcomer", $$"""{"$phone":"{{Phone}}"}"""));
        Assert.Equal(1, page.Erased);
        await SettleAsync();
        await AssertMembersAsync(["colleague"]);
        Assert.Empty(await UpdateAsync("colleague", "$email", $"\"{Email}\""));
        var events = await AppendAsync([
            Event("Open", "colleague", 10, $$"""{"$user_id":"colleague","$device_id":"dev-{{Ana}}"}"""), Event("Open", "colleague", 11, $$"""{"$phone":"{{Phone}}"}"""),
            Event("Open", "newcomer", 12, $$"""{"$phone":"{{Phone}}"}"""),
        ]);
        Assert.Equal(2, events.Stored);
        Assert.Equal([2], events.Erased);
    }

    [Fact]
    public async Task A_suppression_of_an_address_stays_with_everybody_else_who_had_it()
    {
        await FillAsync(Ana, Email, Phone, Name);
        await Store.Suppressions.AddAsync(Project, [new SuppressionEntry(Email, null, 0, "unsubscribed", "hand", DateTimeOffset.UnixEpoch)], Token);
        await Added("twin").SendProfilesAsync(1, 1, ("twin", $$"""{"$email":"{{Email}}"}"""));
        await RequestAsync(Ana);
        await EraseAsync();
        await Added("late").SendProfilesAsync(1, 1, ("late", """{"$email":"late@x.test"}"""), ("echo", """{"$email":"echo@x.test"}"""));
        Assert.Empty(await UpdateAsync("late", "$email", $"\"{Email}\""));
        await Store.Suppressions.AddAsync(Project, [new SuppressionEntry(Email, null, 0, "spam", "webhook", DateTimeOffset.UnixEpoch)], Token);
        Assert.Empty(await UpdateAsync("echo", "$email", $"\"{Email}\""));
        await Store.Suppressions.AddAsync(Project, [new SuppressionEntry(Email, null, 0, "contact_deleted", "webhook", DateTimeOffset.UnixEpoch)], Token);

        // With an address of their own they are still who asked to be left alone; the echo of a deletion asks for nothing.
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        foreach (var (id, reason) in new[] { ("twin", "unsubscribed"), ("late", "spam"), ("echo", null) })
        {
            Assert.Empty(await UpdateAsync(id, "$email", $"\"own-{id}@x.test\""));
            Assert.Equal(reason, (await LoadAsync(scope, id)).Suppressed);
        }
    }

    [Fact]
    public async Task An_address_that_a_destination_tells_of_is_searched_for_too()
    {
        await FillAsync(Ana, Email, Phone, Name);
        const string changed = "changed-there@erase.test";
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await CommitAsync(scope, c => c.Foreign.Add(new ForeignMember(15, ContactKeys.OfEmail(Project, changed)!.Value, 9)));
        await Store.Suppressions.AddAsync(Project, [new SuppressionEntry(changed, null, 0, "spam", "webhook", DateTimeOffset.UnixEpoch)], Token);
        await RequestAsync(Ana);
        var stages = await EraseAsync(learn: changed);

        Assert.Equal(2, stages.Count(s => s == ErasureStage.TablesAgain));
        var trace = Convert.ToHexStringLower(PersonKey.Of(Project, changed).ToBytes());
        Assert.DoesNotContain(await Home.DumpAsync(Token), t => Found(t.Value, changed) || Found(t.Value, trace));
        await Store.Suppressions.AddAsync(Project, [new SuppressionEntry(changed, null, 0, "contact_deleted", "webhook", DateTimeOffset.UnixEpoch)], Token);
        Assert.DoesNotContain(await Home.DumpAsync(Token), t => Found(t.Value, changed));
    }

    [Fact]
    public async Task All_that_is_known_of_a_person_is_read_under_any_of_their_ids()
    {
        await FillAsync(Ana, Email, Phone, Name);
        var record = await Store.PersonalData.ReadAsync(Project, $"$device:dev-{Ana}", Token);

        Assert.Equal([Ana, $"$device:dev-{Ana}"], record.Ids.Select(i => i.DistinctId));
        Assert.Contains(Name, Assert.Single(record.Profiles).Properties, StringComparison.Ordinal);
        Assert.Equal((1, 2, 1), (record.UserGroups.Count, record.Contacts.Count, record.Lists.Count));
        Assert.NotEmpty(record.Suppressions);
        Assert.Contains(record.DeadLetters, l => l.Id == $"letter-{Ana}");
        using var file = new MemoryStream();
        await new PersonalDataFile(Store.PersonalData, Store.EventLog, TimeProvider.System).WriteAsync(Project, [Ana, $"$device:dev-{Ana}"], file, Token);
        using var json = System.Text.Json.JsonDocument.Parse(file.ToArray());
        Assert.Equal(1, json.RootElement.GetProperty("people").GetArrayLength());
        Assert.Equal(["Purchase", "Open"], json.RootElement.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("event").GetString()));
    }

    [Fact]
    public async Task Every_table_says_what_becomes_of_an_erased_person_there()
    {
        var tables = (await Home.DumpAsync(Token)).Keys;
        Assert.Equal(tables.Order(StringComparer.Ordinal), ErasedTables.Touched.Concat(ErasedTables.Impersonal).Order(StringComparer.Ordinal));
    }

    /// <summary>Finds a text that does not go on as a part of a longer one.</summary>
    private static bool Found(string dump, string trace) => Count(dump, trace) > 0;

    private static int Count(string dump, string trace) =>
        System.Text.RegularExpressions.Regex.Count(dump, $@"(?<![\w.@-]){System.Text.RegularExpressions.Regex.Escape(trace)}(?![\w.@-])");
}

public sealed class SqliteErasureTests : ErasureContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome { Durable = false });
}

public sealed class PostgresErasureTests : ErasureContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateOwnAsync(Token);
}
