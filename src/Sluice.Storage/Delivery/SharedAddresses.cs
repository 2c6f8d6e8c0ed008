using Sluice.Core.Delivery;
using Sluice.Core.People;

namespace Sluice.Storage.Delivery;

/// <summary>
/// Several people with one e-mail address or one phone number: at the destination that is one contact, so one of them has it. Who was
/// sent first keeps it; of those who were not sent yet, who was seen first. When its owner is in no list any more, wanted in none, and no
/// event waits for the contact, it passes on to whoever is wanted in a list. To whom only events go it does not: it would pass to and fro.
/// </summary>
internal static class SharedAddresses
{
    private const string Mark = """
        INSERT INTO pending (shard, project, destination, person, seq, job)
        SELECT DISTINCT o.shard, @project, @destination, o.person, 1, NULL {0}
        ON CONFLICT (project, destination, shard, person) DO UPDATE SET seq = pending.seq + 1, job = NULL
        """;

    /// <summary>Who shares the address that these contacts (the batch: shard, person, email_key) are about to leave may have it now.</summary>
    public static Task<int> MarkLeftAsync(Session session, (string, object?)[] key, Batch contacts, CancellationToken cancellationToken) =>
        session.ExecuteBatchAsync(
            Mark.Replace(
                "{0}",
                """
                FROM {batch} JOIN ledger_contact c
                ON c.project = {project} AND c.destination = {destination} AND c.shard = b.shard AND c.person = b.person AND c.email_key <> b.email_key
                JOIN profile o ON o.project = {project} AND o.email = c.email_key AND o.person <> c.person WHERE true
                """,
                StringComparison.Ordinal),
            contacts, cancellationToken, key);

    /// <summary>Who shares an address or a number with people (the batch: shard, person) who have left a list may have it now.</summary>
    public static async Task MarkOthersAsync(Session session, (string, object?)[] key, Batch people, CancellationToken cancellationToken)
    {
        foreach (var column in new[] { "email", "phone" })
        {
            await session.ExecuteBatchAsync(
                Mark.Replace(
                    "{0}",
                    $$"""
                    FROM {batch} JOIN profile p ON p.project = {project} AND p.shard = b.shard AND p.person = b.person
                    JOIN profile o ON o.project = {project} AND o.{{column}} = p.{{column}} AND o.person <> p.person WHERE true
                    """,
                    StringComparison.Ordinal),
                people, cancellationToken, key);
        }
    }

    /// <summary>The contact is now of these people (the batch: person, email_key): whoever had it before has none any more.</summary>
    public static Task<int> PassOnAsync(Session session, (string, object?)[] key, Batch contacts, CancellationToken cancellationToken) =>
        session.ExecuteBatchAsync(
            """
            DELETE FROM ledger_contact WHERE (project, destination, shard, person) IN (
                SELECT c.project, c.destination, c.shard, c.person FROM {batch} JOIN ledger_contact c
                ON c.project = {project} AND c.destination = {destination} AND c.email_key = b.email_key AND c.person <> b.person WHERE b.state <> 4)
            """,
            contacts, cancellationToken, key);

    /// <summary>Tells of each person whether another one has their address or their number.</summary>
    public static async Task<IReadOnlyList<PersonState>> ApplyAsync(
        Session session, DeliveryScope scope, IReadOnlyList<LoadedPerson> people, CancellationToken cancellationToken)
    {
        var byEmail = await OthersAsync(session, scope, people, "email", p => p.Email, cancellationToken);
        var byPhone = await OthersAsync(session, scope, people, "phone", p => p.Phone, cancellationToken);
        if (byEmail.Count + byPhone.Count == 0)
        {
            return [.. people.Select(p => p.State)];
        }

        var keys = byEmail.Concat(byPhone).SelectMany(o => o).Distinct().Select(k => (k, 0L)).ToList();
        var others = (await PersonLoader.ReadAsync(session, scope, keys, cancellationToken)).ToDictionary(p => p.State.Key);
        return [.. people.Select(p => p.State with
        {
            AddressHeldBy = Holder(scope, p, byEmail[p.State.Key].Select(k => others[k]), o => HasAddress(scope, o.State, p.Email), o => o.Email == p.Email),
            PhoneHeldBy = Holder(scope, p, byPhone[p.State.Key].Select(k => others[k]), o => o.State.Contact is { State: not LedgerState.Refused }, o => o.Phone == p.Phone),
            PhoneShared = byPhone[p.State.Key].Any(k => others[k].State.Contact is not null),
        })];
    }

    /// <param name="wasSent">The destination has what is shared with this person's contact.</param>
    /// <param name="keeps">It still stands in this person's profile.</param>
    private static string? Holder(
        DeliveryScope scope, LoadedPerson person, IEnumerable<LoadedPerson> others, Func<LoadedPerson, bool> wasSent, Func<LoadedPerson, bool> keeps)
    {
        var listed = IsListed(scope, person.State);
        var first = others
            .Where(o => IsListed(scope, o.State)
                || (o.State.Suppressed is null && (o.State.HasEvents || (!listed && o.State.SpokenForBy is null && wasSent(o) && keeps(o)))))
            .Append(person)
            .OrderBy(p => wasSent(p) ? 0 : 1).ThenBy(p => p.State.FirstSeen).ThenBy(p => p.State.DistinctId, StringComparer.Ordinal)
            .First();
        return first.State.Key == person.State.Key ? null : first.State.DistinctId ?? "";
    }

    private static bool IsListed(DeliveryScope scope, PersonState person) =>
        person.Members.Count > 0 || (person.Suppressed is null && scope.Rules.Any(r => r.Wants(person)));

    private static bool HasAddress(DeliveryScope scope, PersonState person, UInt128? address) =>
        person.Contact is { State: not LedgerState.Refused } contact && ContactKeys.OfEmail(scope.Project, contact.Email) == address;

    private static async Task<ILookup<PersonKey, PersonKey>> OthersAsync(
        Session session, DeliveryScope scope, IReadOnlyList<LoadedPerson> people, string column, Func<LoadedPerson, UInt128?> of, CancellationToken cancellationToken)
    {
        var with = people.Where(p => of(p) is not null).ToArray();
        var batch = new Batch()
            .Add("person", ColumnType.Bytes, with.Select(p => p.State.Key.ToBytes()).ToArray())
            .Add("subject", ColumnType.Bytes, with.Select(p => new PersonKey(of(p)!.Value).ToBytes()).ToArray());
        var found = await session.QueryBatchAsync(
            $$"""SELECT b.person, p.person FROM {batch} JOIN profile p ON p.project = {project} AND p.{{column}} = b.subject AND p.person <> b.person""",
            batch, r => (Person: r.Key(0), Other: r.Key(1)), cancellationToken, ("project", scope.Project));
        if (column == "email")
        {
            // Who has left the address in their profile has it at the destination until that has followed.
            found.AddRange(await session.QueryBatchAsync(
                """
                SELECT b.person, c.person FROM {batch} JOIN ledger_contact c
                ON c.project = {project} AND c.destination = {destination} AND c.email_key = b.subject AND c.person <> b.person
                """,
                batch, r => (Person: r.Key(0), Other: r.Key(1)), cancellationToken, ("project", scope.Project), ("destination", scope.Destination)));
        }

        return found.Distinct().ToLookup(f => f.Person, f => f.Other);
    }
}

/// <summary>A person's state with the keys of the address and the number in their profile.</summary>
internal sealed record LoadedPerson(PersonState State, UInt128? Email, UInt128? Phone);
