using Sluice.Core.Cohorts;
using Sluice.Core.People;
using Sluice.Storage.Delivery;

namespace Sluice.Storage.Cohorts;

/// <summary>The profiles of a page: new ones are inserted, known ones take over what the page says of them.</summary>
internal sealed class ProfileRows
{
    private const string Insert = """
        INSERT INTO profile (shard, project, person, distinct_id, props, rev, number, email, phone, first_seen, updated_at)
        SELECT b.shard, @project, b.person, b.distinct_id, b.props, 1, @number, b.email, b.phone, @now, @now FROM {batch} WHERE true
        ON CONFLICT (project, shard, person) DO NOTHING
        """;

    private const string Update = """
        UPDATE profile SET props = b.props, rev = rev + 1, number = CASE WHEN number > @number THEN number ELSE @number END,
            email = b.email, phone = b.phone, updated_at = @now
        FROM {batch} WHERE project = {project} AND profile.shard = b.shard AND profile.person = b.person
        """;

    // Nothing new, but said by a newer session: what an older one says later must not count any more.
    private const string Confirm = """
        UPDATE profile SET number = @number FROM {batch}
        WHERE project = {project} AND profile.shard = b.shard AND profile.person = b.person AND number < @number
        """;

    // An address that a person leaves behind may be suppressed. They stay suppressed under every later one.
    private const string KeepSuppressed = """
        INSERT INTO suppression (project, kind, subject, list, value, reason, source, created_at)
        SELECT @project, 'person', b.person, s.list, NULL, s.reason, s.source, s.created_at
        FROM {batch} JOIN suppression s ON s.project = {project} AND s.kind = b.kind AND s.subject = b.subject WHERE true
        ON CONFLICT (project, kind, subject, list) DO NOTHING
        """;

    private readonly IReadOnlyList<CohortMember> _members;
    private readonly Batch _batch;
    private readonly Batch _people;

    private ProfileRows(IReadOnlyList<CohortMember> members, Batch batch, Batch people)
    {
        _members = members;
        _batch = batch;
        _people = people;
    }

    public static ProfileRows Of(Dialect dialect, IReadOnlyList<CohortMember> members)
    {
        var people = Batch.Of(dialect, [.. members.Select(m => m.Key)]);
        return new ProfileRows(members, Fill(Batch.Of(dialect, [.. members.Select(m => m.Key)]), members), people);
    }

    public async Task WriteAsync(Session session, string project, long number, long now, CancellationToken cancellationToken)
    {
        var copied = await session.Dialect.TryCopyAsync(
            session, "profile", _batch,
            [("project", ColumnType.Text, project), ("rev", ColumnType.Long, 1L), ("number", ColumnType.Long, number), ("first_seen", ColumnType.Long, now),
                ("updated_at", ColumnType.Long, now)],
            cancellationToken);
        if (copied)
        {
            return;
        }

        var inserted = await session.ExecuteBatchAsync(Insert, _batch, cancellationToken, ("project", project), ("number", number), ("now", now));
        if (inserted == _members.Count)
        {
            return;
        }

        var known = await session.QueryBatchAsync(
            $"""
            SELECT p.person, p.props, p.number, p.email, p.phone FROM {"{batch}"}
            JOIN profile p ON p.project = {"{project}"} AND p.shard = b.shard AND p.person = b.person
            ORDER BY p.shard, p.person {session.Dialect.ForUpdateOf("p")}
            """,
            _people,
            r => (Key: r.Key(0), Props: r.GetString(1), Number: r.GetInt64(2), Email: r.Hash(3), Phone: r.Hash(4)),
            cancellationToken,
            ("project", project));
        var incoming = _members.ToDictionary(m => m.Key);
        var changed = new List<CohortMember>();
        var confirmed = new List<PersonKey>();
        var left = new List<(PersonKey Person, string Kind, UInt128 Subject)>();
        foreach (var row in known)
        {
            var member = incoming[row.Key];
            var merged = ProfileProperties.Merge(row.Props, member.Properties, newer: number >= row.Number);
            if (!ReferenceEquals(merged, row.Props))
            {
                var (email, phone) = ContactKeys.Of(project, merged);
                changed.Add(member with { Properties = merged, Email = email, Phone = phone });
                if (row.Email is { } oldEmail && oldEmail != email)
                {
                    left.Add((row.Key, SuppressionKind.Email, oldEmail));
                }

                if (row.Phone is { } oldPhone && oldPhone != phone)
                {
                    left.Add((row.Key, SuppressionKind.Phone, oldPhone));
                }
            }
            else if (row.Number < number)
            {
                confirmed.Add(row.Key);
            }
        }

        var batch = Fill(Batch.Of(session.Dialect, [.. changed.Select(m => m.Key)]), changed);
        await session.ExecuteBatchAsync(Update, batch, cancellationToken, ("project", project), ("number", number), ("now", now));
        await session.ExecuteBatchAsync(Confirm, Batch.Of(session.Dialect, confirmed), cancellationToken, ("project", project), ("number", number));
        await session.ExecuteBatchAsync(KeepSuppressed, Left(left), cancellationToken, ("project", project));
        await Pending.MarkAsync(session, project, Batch.Of(session.Dialect, [.. changed.Select(m => m.Key)]), cancellationToken);
    }

    private static Batch Left(List<(PersonKey Person, string Kind, UInt128 Subject)> left) => new Batch()
        .Add("person", ColumnType.Bytes, left.Select(l => l.Person.ToBytes()).ToArray())
        .Add("kind", ColumnType.Text, left.Select(l => l.Kind).ToArray())
        .Add("subject", ColumnType.Bytes, left.Select(l => Bytes(l.Subject)).ToArray());

    private static Batch Fill(Batch batch, IReadOnlyList<CohortMember> members) => batch
        .Add("distinct_id", ColumnType.Text, members.Select(m => m.DistinctId).ToArray())
        .Add("props", ColumnType.Text, members.Select(m => m.Properties).ToArray())
        .Add("email", ColumnType.Bytes, members.Select(m => Bytes(m.Email)).ToArray())
        .Add("phone", ColumnType.Bytes, members.Select(m => Bytes(m.Phone)).ToArray());

    private static byte[]? Bytes(UInt128? hash) => hash is { } value ? new PersonKey(value).ToBytes() : null;
}
