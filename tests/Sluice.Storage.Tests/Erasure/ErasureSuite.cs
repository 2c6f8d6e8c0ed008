using System.Text;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.Erasure;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.Lookups;
using Sluice.Core.People;
using Sluice.Storage.Tests.Delivery;

namespace Sluice.Storage.Tests.Erasure;

/// <summary>What the suites about erasure have in common: people who are everywhere, and the work done step by step.</summary>
public abstract class ErasureSuite : DeliveryContract
{
    protected const string Products = "6b1e0d52-4a5b-4b8e-9f61-0c3a2f7d1e90";

    private static readonly byte[] MasterKey = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    protected override void Prepare(Store store) => store.UseTombstoneKey(MasterKey);

    /// <summary>Puts a person into every table that can hold one: under two ids that are joined, with an address and a number.</summary>
    protected async Task FillAsync(string id, string email, string phone, string name)
    {
        var device = $"$device:dev-{id}";
        var props = $$"""{"$email":"{{email}}","$phone":"{{phone}}","$name":"{{name}}"}""";
        await Full($"full-{id}").SendProfilesAsync(1, 2, (id, props));
        await Added($"added-{id}").SendProfilesAsync(1, 1, (id, props));
        await SettleAsync();
        await AppendAsync(
            [Event("Purchase", id, 1, $$"""{"$user_id":"{{id}}","item":"{{name}}"}""") with { Address = "192.0.2.7" }, Event("Open", device, 2, $$"""{"$device_id":"dev-{{id}}"}""")],
            new IdentityClaim(IdentityClaimKind.Device, id, device));
        await AppendAsync([Event("$identify", $"refused-of-{name}", 3, $$"""{"$identified_id":"{{id}}","$anon_id":"someone"}""")], new IdentityClaim(IdentityClaimKind.Identify, id, "someone"));
        await Store.Profiles.ApplyAsync(
            new ProfileUpdates(Project, IdentityMode.Simplified, [new ProfileUpdate(0, id, null, false, [new(ProfileOperationKind.Set, "$city", Json("\"Seoul\""))])])
            {
                Forwarded = [new ForwardedOperation(0, id, true, Json($$"""{"$distinct_id":"{{id}}"}"""))],
            },
            Token);
        await Store.Profiles.ApplyAsync(new GroupUpdates(Project, [new(0, "household", id, [new(ProfileOperationKind.Set, "n", Json("1"))])]), Token);
        await Store.Profiles.ApplyAsync(new GroupUpdates(Project, [new(0, "household", email, [new(ProfileOperationKind.Set, "n", Json("1"))])]), Token);
        var load = await Store.Lookups.BeginAsync(Project, Products, Token);
        await Store.Lookups.AddAsync(load, [new LookupRow(id, "{}"), new LookupRow($"other-{load.Generation}", "{}")], Token);
        await Store.Lookups.FinishAsync(load, ["id"], 2, Token);
        await Store.RefusedRecords.KeepAsync(Project, "import", [
            new RefusedRecord("bad_time", "no time", null, $$$"""{"event":"x","properties":{"distinct_id":"{{{id}}}"}}"""),
            new RefusedRecord("cut", "no end", null, $$"""{"event":"x","properties":{"$email":"{{email}}","na"""),
            new RefusedRecord("bytes", "not text", null, Convert.ToBase64String(Encoding.UTF8.GetBytes($$"""{"$phone":"{{phone}}"}"""))),
        ], Token);
        await Store.Suppressions.AddAsync(Project, [new SuppressionEntry(email, null, 16, "unsubscribed", "hand", DateTimeOffset.UnixEpoch)], Token);
        await DeliverAsync(id, device, email);
    }

    private async Task DeliverAsync(string id, string device, string email)
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        var log = await Store.EventLog.ReadKeysAsync(Project, LogPosition.Start, 1_000, null, Token);
        var lease = await LeaseAsync();
        await Store.EventOutbox.OpenAsync(scope, lease, Token);
        await Store.EventOutbox.TakeOverAsync(scope, lease, log.Next, log.Keys, DateTimeOffset.UnixEpoch, Token);
        var resting = new OutboxChanges();
        resting.Resting.Add((Key(id), DateTimeOffset.UnixEpoch.AddDays(40_000), "contact"));
        await Store.EventOutbox.CommitAsync(scope, lease, resting, Token);
        await CommitAsync(scope, c =>
        {
            c.Contacts.Add(new ContactChange(Key(id), Contact(LedgerState.Present, email, remoteId: id.Length + 1_000)));
            c.Contacts.Add(new ContactChange(Key(device), Contact(LedgerState.Intended, $"old.{email}")));
            c.Members.Add(new MemberChange(15, Key(id), Member(LedgerState.Present)));
            c.Foreign.Add(new ForeignMember(15, ContactKeys.OfEmail(Project, email)!.Value, 7));
            c.Marked.Add(Key(id));
            c.DeadLetters.Add(new DeadLetter($"letter-{id}", Brevo, "bad_value", "it does not fit", Key(id), id, $$"""{"$email":"{{email}}"}""", "open", DateTimeOffset.UnixEpoch));
            c.Job = JobOf($"job-{id}", 15, Job.Done) with { Witness = id, EndedAt = DateTimeOffset.UnixEpoch };
        });
    }

    protected Task<EventAppendOutcome> AppendAsync(EventRecord[] events, params IdentityClaim[] claims) =>
        Store.Events.AppendAsync(new EventBatch(Project, Origin.Received, IdentityMode.Simplified, events, claims), Token);

    protected static EventRecord Event(string name, string id, long time, string properties) =>
        new(name, 1_790_000_000_000 + time, id, $"i-{id}-{time}", Encoding.UTF8.GetBytes(properties));

    protected async Task<IReadOnlyList<RefusedUpdate>> UpdateAsync(string id, string property, string json) =>
        await Store.Profiles.ApplyAsync(
            new ProfileUpdates(Project, IdentityMode.Simplified, [new ProfileUpdate(0, id, null, false, [new(ProfileOperationKind.Set, property, Json(json))])]), Token);

    protected static ReadOnlyMemory<byte> Json(string json) => Encoding.UTF8.GetBytes(json);

    protected Task<ErasureState> RequestAsync(params string[] ids) => Store.Erasures.RequestAsync(
        new ErasureRequest(Project, ErasureKind.Deletion, ids, "GDPR", null, "test", TimeSpan.Zero), Token);

    protected Task<Lease?> ErasureLeaseAsync() => Store.Leases.TryTakeAsync($"erasure/{Project}", "node", TimeSpan.FromHours(1), Token);

    /// <summary>Does the store's part of an erasure to its end, and what others do as if there was nothing to do for them.</summary>
    /// <param name="between">Called after every step.</param>
    /// <param name="destinations">Those that are configured; null when that is not known.</param>
    /// <param name="learn">An address that a destination has a contact under.</param>
    /// <returns>The stages that were gone through.</returns>
    protected async Task<List<ErasureStage>> EraseAsync(Func<ErasureJob, Task>? between = null, string[]? destinations = null, string? learn = null)
    {
        var stages = new List<ErasureStage>();
        for (var step = 0; step < 100; step++)
        {
            if (await Store.ErasureWork.DueAsync(Project, Token) is not { } due)
            {
                if (await Home.CountAsync("SELECT count(*) FROM erasure WHERE project = @project AND ended_at IS NULL", Token) == 0)
                {
                    return stages;
                }

                // It waits for a minute to pass.
                await Home.ExecuteAsync(
                    "UPDATE erasure SET next_at = next_at - 61000, stage_at = stage_at - 61000 WHERE project = @project AND ended_at IS NULL", Token);
                continue;
            }

            var job = due with { Destinations = destinations };
            var lease = (await ErasureLeaseAsync())!;
            stages.Add(job.Stage);
            switch (job.Stage)
            {
                case ErasureStage.Contacts:
                    var contacts = await Store.ErasureWork.ContactsAsync(job, 1_000, Token);
                    await Store.ErasureWork.ContactsDoneAsync(lease, job, contacts, contacts.Count, 0, Token);
                    await (learn is null ? Task.CompletedTask : Store.ErasureWork.LearnAsync(lease, job, learn, Token));
                    await Store.ErasureWork.LeaveContactsAsync(lease, job, Token);
                    break;
                case ErasureStage.Forward:
                    await Store.ErasureWork.MoveAsync(lease, job, ErasureStage.Forget, Token);
                    break;
                case ErasureStage.Scrub:
                    Assert.Equal(0, await Store.ErasureWork.FinishAsync(lease, Project, job.RequestedAt.AddDays(-1), Token));
                    Assert.Equal(1, await Store.ErasureWork.FinishAsync(lease, Project, await Store.ScrubAsync(Token), Token));
                    break;
                default:
                    await Store.ErasureWork.AdvanceAsync(lease, job, Token);
                    break;
            }

            await (between?.Invoke(job) ?? Task.CompletedTask);
        }

        throw new InvalidOperationException($"The erasure does not come to an end: {string.Join(", ", stages.TakeLast(20))}.");
    }
}
