using System.Collections.Concurrent;
using System.Security.Cryptography;
using Sluice.Core.Erasure;
using Sluice.Core.People;

namespace Sluice.Storage.Erasure;

/// <summary>
/// The tombstones of all projects, in memory. Whoever commits looks whether they are still the newest, together with the clock that it
/// reads anyway: so all nodes agree, and a project of which nobody was ever erased pays nothing.
/// </summary>
internal sealed class Tombstones
{
    private readonly ConcurrentDictionary<string, TombstoneSet> _sets = new(StringComparer.Ordinal);
    private TombstoneKey? _key;

    public void Use(TombstoneKey key) => _key = key;

    /// <summary>The newest that this process knows of: for work that is made ready before its transaction, and looked at again in it.</summary>
    public TombstoneSet Known(string project) => _sets.GetValueOrDefault(project, TombstoneSet.Empty);

    /// <summary>The time and the tombstones as they are in the session's transaction.</summary>
    public async Task<(long Now, TombstoneSet Tombstones)> NowAsync(Session session, string project, CancellationToken cancellationToken)
    {
        var (now, stamp) = await session.Dialect.NowAsync(session, project, cancellationToken);
        return (now, await AtAsync(session, project, stamp, cancellationToken));
    }

    public async Task<TombstoneSet> ReadAsync(Session session, string project, CancellationToken cancellationToken)
    {
        var stamp = await session.ScalarAsync<long>("SELECT stamp FROM tombstone_stamp WHERE project = @project", cancellationToken, ("project", project));
        return await AtAsync(session, project, stamp, cancellationToken);
    }

    /// <summary>Adds tombstones. They count in every transaction that begins after this one's commit.</summary>
    public async Task AddAsync(
        Session session, string project, IEnumerable<(TombstoneKind Kind, PersonKey Subject)> subjects, long now, CancellationToken cancellationToken)
    {
        var key = Key();
        var added = await session.ExecuteBatchAsync(
            """
            INSERT INTO tombstone (project, mark, erased_at) SELECT @project, b.mark, @now FROM {batch} WHERE true
            ON CONFLICT (project, mark) DO NOTHING
            """,
            new Batch().Add("mark", ColumnType.Bytes, subjects.Select(s => new PersonKey(key.Of(s.Kind, s.Subject)).ToBytes()).ToArray()),
            cancellationToken, ("project", project), ("now", now));
        if (added > 0)
        {
            // Not the next number: what is rolled back and tried again must not look like what was seen before.
            var stamp = (long)(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) >> 1) | 1;
            await session.ExecuteAsync(
                """
                INSERT INTO tombstone_stamp (project, stamp) VALUES (@project, @stamp)
                ON CONFLICT (project) DO UPDATE SET stamp = excluded.stamp
                """,
                cancellationToken, ("project", project), ("stamp", stamp));
        }
    }

    private async Task<TombstoneSet> AtAsync(Session session, string project, long stamp, CancellationToken cancellationToken)
    {
        if (stamp == 0)
        {
            return TombstoneSet.Empty;
        }

        var known = Known(project);
        if (known.Stamp == stamp)
        {
            return known;
        }

        var marks = await session.QueryAsync(
            "SELECT mark FROM tombstone WHERE project = @project", r => r.Hash(0)!.Value, cancellationToken, ("project", project));
        var set = TombstoneSet.Of(stamp, Key(), marks);
        _sets[project] = set;
        return set;
    }

    private TombstoneKey Key() =>
        _key ?? throw new InvalidOperationException("The store has tombstones, and was not given the key that makes them: nothing can be taken in or sent without it.");
}
