using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Companies;
using Sluice.Core.Delivery.Enrichment;
using Sluice.Core.Lookups;
using Sluice.Core.People;
using Sluice.Core.Projects;
using Sluice.Storage.Cohorts;
using Sluice.Storage.Delivery;
using Sluice.Storage.Lookups;
using Sluice.Storage.People;
using Sluice.Storage.Projects;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Plans;

/// <summary>Makes a store run the statements of a working day, with as many people as asked for.</summary>
internal sealed class EveryStatement(Database database, string project, int people)
{
    private const int PageSize = 1_000;

    private readonly CohortIntake _intake = new(database);
    private readonly Ledger _ledger = new(database);
    private readonly Leases _leases = new(database);
    private readonly UserGroups _groups = new(database);
    private readonly Settling _settling = new(database);
    private readonly SuppressionStore _suppressions = new(database);
    private readonly InsightStore _insight = new(database);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await new ProjectStore(database).PutAsync(new StoredProject(project, project, [1]), cancellationToken);
        var rule = new ListRule(15, ListMode.Mirror, AllUsers: false, ["7"], [], 0.5);
        var scope = new DeliveryScope(project, "brevo", [rule], GroupAttributes: true);
        await _ledger.RegisterAsync(scope, cancellationToken);
        string[] ids = [.. Enumerable.Range(0, people).Select(i => $"u-{i}")];
        await FullAsync("s1", ids, cancellationToken);
        await FullAsync("s2", ids[(people / 4)..], cancellationToken);
        await DifferencesAsync(ids[..PageSize], cancellationToken);
        await SettleAsync(cancellationToken);
        await _groups.ListAsync(project, cancellationToken);
        await _groups.HistoryAsync(project, Key(ids[0]), cancellationToken);
        await ReadMembersAsync(cancellationToken);
        await DeliverAsync(scope, rule, ids[^PageSize..], cancellationToken);
        await EnrichAsync(scope, ids[^PageSize..], cancellationToken);
        await _settling.ClearAsync(project, cancellationToken);
    }

    /// <summary>Everybody is in the group that their profile's newest session names, and a table knows its name.</summary>
    private async Task EnrichAsync(DeliveryScope plain, string[] ids, CancellationToken cancellationToken)
    {
        var scope = plain with
        {
            Enrichment = new EnrichmentRules([new GroupSource("said", "plan")], [new LookupJoin("t", "said", [new LookupColumn("name", "title")])]) { Companies = "said" },
        };
        var companies = new Companies(database);
        var profiles = new ProfileIntake(database);
        var lookups = new LookupTables(database);
        var lease = (await _leases.TryTakeAsync("worker-" + project, "node", TimeSpan.FromHours(1), cancellationToken))!;
        await _ledger.RegisterAsync(scope, cancellationToken);
        await companies.RegisterAsync(scope, "said", cancellationToken);
        for (var again = 0; again < 2; again++)
        {
            var load = await lookups.BeginAsync(project, "t", cancellationToken);
            await lookups.AddAsync(load, [new LookupRow("s1", """{"name":"one"}"""), new LookupRow("s2", """{"name":"two"}""")], cancellationToken);
            await lookups.FinishAsync(load, ["key", "name"], 2, cancellationToken);
            var people = await _ledger.LoadAsync(scope, [.. ids.Skip(again).Select(Key)], cancellationToken);
            await _ledger.NoteGroupsAsync(scope, lease, [.. people.Select(p => again == 0 ? p : p with { Links = [] })], cancellationToken);
            await _ledger.NoteGroupsAsync(scope, lease, people, cancellationToken);
            await profiles.ApplyAsync(
                new GroupUpdates(project, [new GroupUpdate(0, "said", "s2", [new ProfileOperation(ProfileOperationKind.Set, "plan", System.Text.Encoding.ASCII.GetBytes($"{again}"))])]),
                cancellationToken);
            while (await _ledger.FollowAsync(scope, lease, 300, cancellationToken))
            {
            }

            foreach (var company in await companies.PendingAsync(scope, 10, [], cancellationToken))
            {
                await companies.HeldAsync(scope, company.Group, ["a"], cancellationToken);
                await companies.CommitAsync(
                    scope, lease, new CompanyChange(company.Group, new LedgerCompany("a", 1, [1], DateTimeOffset.UnixEpoch), company.Seq) { Contacts = [(Key(ids[0]), 1)] }, null, cancellationToken);
            }
        }
    }

    private async Task FullAsync(string session, string[] ids, CancellationToken cancellationToken)
    {
        var sync = Sync(session, CohortAction.Members, cancellationToken);
        var pages = ids.Chunk(PageSize).ToArray();
        await sync.SendAsync(1, pages.Length, pages[^1]);
        for (var page = 1; page <= pages.Length; page++)
        {
            await sync.SendProfilesAsync(page, pages.Length, [.. pages[page - 1].Select(id => (id, $$"""{"$email":"{{id}}@example.org","said":"{{session}}"}"""))]);
        }
    }

    private async Task DifferencesAsync(string[] ids, CancellationToken cancellationToken)
    {
        var added = Sync("s3", CohortAction.AddMembers, cancellationToken);
        await added.SendAsync(1, 2, ids);
        await added.SendAsync(1, 2, ids[..(ids.Length / 2)]);
        await Sync("s4", CohortAction.RemoveMembers, cancellationToken).SendAsync(1, 1, ids[..100]);
    }

    private async Task ReadMembersAsync(CancellationToken cancellationToken)
    {
        PersonKey? after = null;
        for (var page = 0; page < 3; page++)
        {
            after = (await _groups.MembersAsync(project, "7", after, 100, cancellationToken))[^1].Key;
        }
    }

    private async Task DeliverAsync(DeliveryScope scope, ListRule rule, string[] ids, CancellationToken cancellationToken)
    {
        var lease = (await _leases.TryTakeAsync("worker-" + project, "node", TimeSpan.FromHours(1), cancellationToken))!;
        var changes = new LedgerChanges { Job = JobOf() };
        foreach (var id in ids)
        {
            changes.Contacts.Add(new(Key(id), new LedgerContact(null, $"{id}@example.org", 1, 1, LedgerState.Intended, "j1", null)));
            changes.Members.Add(new(15, Key(id), new LedgerMember(LedgerState.Intended, "j1", DateTimeOffset.UnixEpoch, null)));
            changes.Waiting.Add((Key(id), 1, "j1"));
            changes.Foreign.Add(new ForeignMember(15, Key(id).Value, 1));
        }

        await _ledger.CommitAsync(scope, lease, changes, cancellationToken);
        await _ledger.SettleJobAsync(scope, lease, JobOf(), KeyRange.Slice(0, 16), LedgerState.Present, last: true, cancellationToken);
        var pending = await _ledger.PendingAsync(scope, PageSize, cancellationToken);
        await _ledger.LoadAsync(scope, [.. ids.Select(Key)], cancellationToken);
        await _ledger.FindByAddressAsync(scope, [.. ids.Select(id => $"{id}@example.org")], cancellationToken);
        await _ledger.DifferenceAsync(scope, rule, KeyRange.Slice(3, 16), all: false, cancellationToken);
        await _suppressions.AddAsync(
            project, [.. ids[..100].Select(id => new SuppressionEntry($"{id}@example.org", null, 0, "spam", "hand", DateTimeOffset.UnixEpoch))], cancellationToken);
        await _suppressions.AddAsync(
            project, [new SuppressionEntry(null, null, 0, "manual", "hand", DateTimeOffset.UnixEpoch) { Phone = "491701234567" }], cancellationToken);
        await _ledger.CommitAsync(scope, lease, new LedgerChanges { Job = JobOf(), Uploading = [.. ids.Select(Key)] }, cancellationToken);
        await AskAsync(scope, rule, ids, cancellationToken);
        await _suppressions.RemoveAsync(project, $"{ids[0]}@example.org", cancellationToken);
        var after = new LedgerChanges();
        after.Dealt.AddRange(pending.Select(p => (p.Key, p.PendingSeq)));
        after.Members.AddRange(ids[..100].Select(id => new MemberChange(15, Key(id), null)));
        after.ForeignGone.AddRange(ids.Select(id => new ForeignMember(15, Key(id).Value, 1)));
        after.Marked.AddRange(ids.Select(Key));
        await _ledger.CommitAsync(scope, lease, after, cancellationToken);
    }

    /// <summary>What is counted before a walk, and what people ask.</summary>
    private async Task AskAsync(DeliveryScope scope, ListRule rule, string[] ids, CancellationToken cancellationToken)
    {
        var exclusive = rule with { Mode = ListMode.Exclusive };
        for (var again = 0; again < 2; again++)
        {
            await _ledger.CountRemovalsAsync(scope, rule, cancellationToken);
            await _ledger.CountRemovalsAsync(scope, exclusive, cancellationToken);
            await _ledger.UnwantedForeignAsync(scope, exclusive, null, 150, cancellationToken);
            await _ledger.UnwantedForeignAsync(scope, exclusive with { AllUsers = true }, null, 150, cancellationToken);
            await _insight.CountInListAsync(scope, 15, "7", cancellationToken);
            await _insight.SharedAddressesAsync(project, [.. ids.Select(Key)], cancellationToken);
            await _insight.SuppressionsOfAsync(project, Key(ids[1]), cancellationToken);
            await _insight.LettersOfAsync(project, Key(ids[1]), cancellationToken);
            await _insight.RefusedAsync(project, "7", 10, cancellationToken);
        }
    }

    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        while (await _settling.SettleAsync(project, cancellationToken))
        {
        }
    }

    private static Job JobOf() => new("j1", 15, "r1", Job.Running, 1, "t", 1, null, DateTimeOffset.UnixEpoch, null, null);

    private PersonKey Key(string id) => PersonKey.Of(project, id);

    private Sync Sync(string session, CohortAction action, CancellationToken cancellationToken) =>
        new(page => _intake.ApplyAsync(page, cancellationToken), project, "7", session, action);
}
