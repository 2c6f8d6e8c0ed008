using Sluice.Core.People;
using Sluice.Storage.Delivery;

namespace Sluice.Storage.People;

/// <summary>A profile whose properties have changed, with the addresses it had before.</summary>
internal readonly record struct ChangedProfile(
    PersonKey Person, string DistinctId, string Properties, UInt128? Email, UInt128? Phone, UInt128? EmailBefore, UInt128? PhoneBefore)
{
    public static ChangedProfile Of(string project, PersonKey person, string distinctId, string properties, UInt128? emailBefore, UInt128? phoneBefore)
    {
        var (email, phone) = ContactKeys.Of(project, properties);
        return new ChangedProfile(person, distinctId, properties, email, phone, emailBefore, phoneBefore);
    }
}

/// <summary>Writes profiles that are known and have changed, and lets everything follow that hangs on them.</summary>
internal static class ProfileChanges
{
    private const string Update = """
        UPDATE profile SET props = b.props, rev = rev + 1, number = CASE WHEN number > @number THEN number ELSE @number END,
            email = b.email, phone = b.phone, updated_at = @now
        FROM {batch} WHERE project = {project} AND profile.shard = b.shard AND profile.person = b.person
        """;

    // An address that a person leaves behind may be suppressed. They stay suppressed under every later one.
    private const string KeepSuppressed = """
        INSERT INTO suppression (project, kind, subject, list, value, reason, source, created_at)
        SELECT @project, 'person', b.person, s.list, NULL, s.reason, s.source, s.created_at
        FROM {batch} JOIN suppression s ON s.project = {project} AND s.kind = b.kind AND s.subject = b.subject WHERE true
        ON CONFLICT (project, kind, subject, list) DO NOTHING
        """;

    /// <param name="number">The session that says so; 0 when none does.</param>
    public static async Task WriteAsync(
        Session session, string project, IReadOnlyList<ChangedProfile> changed, long number, long now, CancellationToken cancellationToken)
    {
        await WriteUnmarkedAsync(session, project, changed, number, now, cancellationToken);
        await Pending.MarkAsync(session, project, Batch.Of(session.Dialect, [.. changed.Select(c => c.Person)]), cancellationToken);
    }

    /// <summary>The same for a caller who marks the people later.</summary>
    public static async Task WriteUnmarkedAsync(
        Session session, string project, IReadOnlyList<ChangedProfile> changed, long number, long now, CancellationToken cancellationToken)
    {
        await session.ExecuteBatchAsync(Update, Columns(session.Dialect, changed), cancellationToken, ("project", project), ("number", number), ("now", now));
        await LeaveAsync(session, project, changed, cancellationToken);
    }

    /// <summary>Keeps the suppressions of the addresses that profiles leave behind.</summary>
    public static async Task LeaveAsync(Session session, string project, IReadOnlyList<ChangedProfile> changed, CancellationToken cancellationToken)
    {
        var left = changed.Where(c => c.EmailBefore is not null && c.EmailBefore != c.Email).Select(c => (c.Person, Kind: SuppressionKind.Email, Subject: c.EmailBefore))
            .Concat(changed.Where(c => c.PhoneBefore is not null && c.PhoneBefore != c.Phone).Select(c => (c.Person, Kind: SuppressionKind.Phone, Subject: c.PhoneBefore)))
            .ToArray();
        var batch = new Batch()
            .Add("person", ColumnType.Bytes, left.Select(l => l.Person.ToBytes()).ToArray())
            .Add("kind", ColumnType.Text, left.Select(l => l.Kind).ToArray())
            .Add("subject", ColumnType.Bytes, left.Select(l => Bytes(l.Subject)).ToArray());
        await session.ExecuteBatchAsync(KeepSuppressed, batch, cancellationToken, ("project", project));
    }

    /// <summary>The columns of profiles, for whoever inserts or changes them.</summary>
    public static Batch Columns(Dialect dialect, IReadOnlyList<ChangedProfile> profiles) =>
        Batch.Of(dialect, [.. profiles.Select(p => p.Person)])
            .Add("distinct_id", ColumnType.Text, profiles.Select(p => p.DistinctId).ToArray())
            .Add("props", ColumnType.Text, profiles.Select(p => p.Properties).ToArray())
            .Add("email", ColumnType.Bytes, profiles.Select(p => Bytes(p.Email)).ToArray())
            .Add("phone", ColumnType.Bytes, profiles.Select(p => Bytes(p.Phone)).ToArray());

    private static byte[]? Bytes(UInt128? hash) => hash is { } value ? new PersonKey(value).ToBytes() : null;
}
