using System.Text.Json;
using Sluice.Core.Cohorts;
using Sluice.Core.People;
using Sluice.Storage.People;

namespace Sluice.Storage.Cohorts;

/// <summary>The profiles of a page: new ones are inserted, known ones take over what the page says of them.</summary>
internal sealed class ProfileRows
{
    private const string Insert = """
        INSERT INTO profile (shard, project, person, distinct_id, props, rev, number, email, phone, first_seen, updated_at)
        SELECT b.shard, @project, b.person, b.distinct_id, b.props, 1, @number, b.email, b.phone, @now, @now FROM {batch} WHERE true
        ON CONFLICT (project, shard, person) DO NOTHING
        """;

    private const string Confirm = """
        UPDATE profile SET number = @number FROM {batch}
        WHERE project = {project} AND profile.shard = b.shard AND profile.person = b.person AND number < @number
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

    /// <summary>Writes what a session says of people.</summary>
    /// <param name="number">The session's.</param>
    /// <param name="overrides">False when the page is late: then it only fills what is missing.</param>
    /// <param name="asOf">When the session was asked for; what has changed since is newer. Null for one that was sent.</param>
    /// <returns>People who were known and of whom something is new: the destinations have to look at them again.</returns>
    public async Task<Batch> WriteAsync(Session session, string project, long number, bool overrides, long? asOf, long now, CancellationToken cancellationToken)
    {
        var known = await InsertAsync(session, project, number, now, cancellationToken);
        var incoming = _members.ToDictionary(m => m.Key);
        var changed = new List<ChangedProfile>();
        var unchanged = new List<KnownProfile>();
        foreach (var row in known)
        {
            var member = incoming[row.Key];
            var merged = row.UpdatedAt > asOf
                ? ProfileProperties.Merge(row.Props, member.Properties, newer: false, row.Cleared())
                : ProfileProperties.Merge(row.Props, member.Properties, newer: overrides && number >= row.Number);
            if (!ReferenceEquals(merged, row.Props))
            {
                changed.Add(ChangedProfile.Of(project, row.Key, member.DistinctId, merged, row.Email, row.Phone));
            }
            else if (row.Number < number)
            {
                unchanged.Add(row);
            }
        }

        await ProfileChanges.WriteUnmarkedAsync(session, project, changed, number, now, cancellationToken);
        await ConfirmAsync(session, project, number, unchanged, cancellationToken);
        return Batch.Of(session.Dialect, [.. changed.Select(c => c.Person)]);
    }

    /// <returns>Those who were known, as they are stored, locked.</returns>
    private async Task<List<KnownProfile>> InsertAsync(Session session, string project, long number, long now, CancellationToken cancellationToken)
    {
        (string, object?)[] parameters = [("project", project), ("number", number), ("now", now)];
        if (session.Dialect.RowByRow)
        {
            return await session.ExecuteBatchAsync(Insert, _batch, cancellationToken, parameters) == _members.Count
                ? []
                : await KnownAsync(session, project, cancellationToken);
        }

        // As a rule a page's people are all new, or all known: either way one statement is enough.
        var known = await KnownAsync(session, project, cancellationToken);
        if (known.Count == _members.Count)
        {
            return known;
        }

        if (known.Count == 0 && await session.Dialect.TryCopyAsync(
            session, "profile", _batch,
            [("project", ColumnType.Text, project), ("rev", ColumnType.Long, 1L), ("number", ColumnType.Long, number), ("first_seen", ColumnType.Long, now),
                ("updated_at", ColumnType.Long, now)],
            cancellationToken))
        {
            return [];
        }

        var there = known.Select(k => k.Key).ToHashSet();
        var missing = _members.Where(m => !there.Contains(m.Key)).ToList();
        var inserted = await session.ExecuteBatchAsync(
            Insert, Fill(Batch.Of(session.Dialect, [.. missing.Select(m => m.Key)]), missing), cancellationToken, parameters);

        // Somebody else may have brought some of them at the same moment.
        return inserted == missing.Count ? known : await KnownAsync(session, project, cancellationToken);
    }

    private Task<List<KnownProfile>> KnownAsync(Session session, string project, CancellationToken cancellationToken) =>
        session.QueryBatchAsync(
            $"""
            SELECT p.person, p.props, p.number, p.email, p.phone, p.updated_at, p.cleared FROM {"{batch}"}
            JOIN profile p ON p.project = {"{project}"} AND p.shard = b.shard AND p.person = b.person
            ORDER BY p.shard, p.person {session.Dialect.ForUpdateOf("p")}
            """,
            _people,
            r => new KnownProfile(r.Key(0), r.GetString(1), r.GetInt64(2), r.Hash(3), r.Hash(4), r.GetInt64(5), r.TextOrNull(6)),
            cancellationToken,
            ("project", project));

    /// <summary>
    /// A profile of which a newer session says nothing new takes over its number only while an older session that could say something
    /// else is still open. What comes for a session after its end fills in and overrides nothing, so ended ones do not matter; and
    /// writing every profile anew for its number's sake would be most of what a repeated sync costs.
    /// </summary>
    private static async Task ConfirmAsync(
        Session session, string project, long number, IReadOnlyList<KnownProfile> unchanged, CancellationToken cancellationToken)
    {
        if (unchanged.Count == 0)
        {
            return;
        }

        var open = await session.ScalarAsync<long?>(
            "SELECT max(number) FROM cohort_session WHERE project = @project AND number < @number AND finished_at IS NULL",
            cancellationToken, ("project", project), ("number", number));
        var people = Batch.Of(session.Dialect, [.. unchanged.Where(p => p.Number <= open).Select(p => p.Key)]);
        await session.ExecuteBatchAsync(Confirm, people, cancellationToken, ("project", project), ("number", number));
    }

    private static Batch Fill(Batch batch, IReadOnlyList<CohortMember> members) => batch
        .Add("distinct_id", ColumnType.Text, members.Select(m => m.DistinctId).ToArray())
        .Add("props", ColumnType.Text, members.Select(m => m.Properties).ToArray())
        .Add("email", ColumnType.Bytes, members.Select(m => Bytes(m.Email)).ToArray())
        .Add("phone", ColumnType.Bytes, members.Select(m => Bytes(m.Phone)).ToArray());

    private static byte[]? Bytes(UInt128? hash) => hash is { } value ? new PersonKey(value).ToBytes() : null;

    private sealed record KnownProfile(PersonKey Key, string Props, long Number, UInt128? Email, UInt128? Phone, long UpdatedAt, string? ClearedNames)
    {
        /// <summary>Properties that updates have taken away.</summary>
        public string[]? Cleared() => ClearedNames is null ? null : JsonSerializer.Deserialize(ClearedNames, StorageJson.Default.StringArray);
    }
}
