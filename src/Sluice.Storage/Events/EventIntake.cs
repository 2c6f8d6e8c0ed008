using System.Security.Cryptography;
using Sluice.Core.Cohorts;
using Sluice.Core.Events;
using Sluice.Core.People;
using Sluice.Storage.Erasure;
using Sluice.Storage.Forwarding;
using Sluice.Storage.Identity;

namespace Sluice.Storage.Events;

/// <summary>
/// Commits events. The narrow key decides whether an event is new; what is new goes to the end of the log, under the batch number that
/// the transaction takes.
/// </summary>
internal sealed class EventIntake(Database database) : IEventIntake
{
    private const string InsertKey = """
        INSERT INTO event (shard, project, event, time, person, insert_id)
        SELECT b.shard, @project, b.event, b.time, b.person, b.insert_id FROM {batch} WHERE true
        ON CONFLICT (project, event, time, shard, person, insert_id) DO NOTHING
        """;

    private const string InsertLog = """
        INSERT INTO event_log (shard, project, batch, n, event, time, person, insert_id, origin, props)
        SELECT b.shard, @project, @batch, b.n, b.event, b.time, b.person, b.insert_id, @origin, b.props FROM {batch}
        """;

    private const string InsertName = """
        INSERT INTO event_name (project, event, name, first_seen)
        SELECT @project, b.event, b.name, @now FROM {batch} WHERE true ORDER BY b.event
        ON CONFLICT (project, event) DO NOTHING
        """;

    // The row stays locked until the commit: whoever has a lower number is visible first.
    private const string NextBatch = """
        INSERT INTO event_clock (project, batch) VALUES (@project, 1)
        ON CONFLICT (project) DO UPDATE SET batch = event_clock.batch + 1 RETURNING batch
        """;

    // Names that this process has seen in the store. A name is never taken away.
    private readonly KnownNames _names = new();

    public async Task<EventAppendOutcome> AppendAsync(EventBatch batch, CancellationToken cancellationToken)
    {
        var screening = EventScreening.Of(batch, database.Tombstones.Known(batch.Project));
        var rows = EventRows.Of(database.Dialect, screening.Batch);
        try
        {
            var (outcome, names) = await database.WriteAsync((session, token) => AppendAsync(session, batch, screening, rows, token), cancellationToken);
            _names.Add(batch.Project, names);
            return outcome;
        }
        catch (StoreBusyException e)
        {
            throw new IntakeBusyException(e.Message, e);
        }
    }

    /// <returns>With the outcome, the names that are stored now.</returns>
    private async Task<(EventAppendOutcome Outcome, Dictionary<string, byte[]> Names)> AppendAsync(
        Session session, EventBatch received, EventScreening screening, EventRows rows, CancellationToken cancellationToken)
    {
        var (now, tombstones) = await session.Tombstones.NowAsync(session, received.Project, cancellationToken);
        if (tombstones.Stamp != screening.Tombstones.Stamp)
        {
            // Somebody was erased since the rows were made ready.
            screening = EventScreening.Of(received, tombstones);
            rows = EventRows.Of(session.Dialect, screening.Batch);
        }

        if (screening.Doubtful.Count > 0
            && await KnownPeople.StrangersAsync(session, received.Project, screening.Doubtful, cancellationToken) is { Count: > 0 } strangers)
        {
            screening = EventScreening.Of(received, tombstones, strangers);
            rows = EventRows.Of(session.Dialect, screening.Batch);
        }

        return (screening.Outcome(await AppendAsync(session, screening.Batch, rows, now, cancellationToken)), rows.Names);
    }

    private async Task<EventAppendOutcome> AppendAsync(Session session, EventBatch batch, EventRows rows, long now, CancellationToken cancellationToken)
    {
        var unknown = _names.Missing(batch.Project, rows.Names);
        await session.ExecuteBatchAsync(InsertName, EventRows.NamesOf(unknown), cancellationToken, ("project", batch.Project), ("now", now));
        if (batch.Claims.Count > 0)
        {
            await IdentityWriter.FollowAsync(session, batch.Project, batch.Mode, batch.Claims, now, cancellationToken);
        }

        var candidates = batch.IsKnownByInsertId ? await UnknownAsync(session, batch.Project, rows, cancellationToken) : null;
        var fresh = await session.InsertNewAsync("event", InsertKey, rows.KeysOf(candidates), cancellationToken, ("project", ColumnType.Text, batch.Project));
        if (candidates is not null)
        {
            fresh = [.. fresh.Select(i => candidates[i])];
        }

        if (fresh.Count == 0)
        {
            return new EventAppendOutcome(0, 0, rows.Count, []);
        }

        var number = await session.ScalarAsync<long>(NextBatch, cancellationToken, ("project", batch.Project));
        await session.AppendAsync(
            "event_log", InsertLog, rows.LogOf(fresh), cancellationToken,
            ("project", ColumnType.Text, batch.Project), ("batch", ColumnType.Long, number), ("origin", ColumnType.Small, (short)batch.Origin));
        await ForwardWriter.AddAddressesAsync(session, batch.Project, number, rows.AddressesOf(fresh), cancellationToken);
        return new EventAppendOutcome(number, fresh.Count, rows.Count - fresh.Count, fresh);
    }

    /// <summary>The places of events that nobody has yet.</summary>
    private static async Task<IReadOnlyList<int>> UnknownAsync(Session session, string project, EventRows rows, CancellationToken cancellationToken)
    {
        var known = (await session.QueryBatchAsync(
            """
            SELECT e.event, e.time, e.insert_id FROM {batch} JOIN event e
            ON e.project = {project} AND e.event = b.event AND e.time = b.time AND e.insert_id = b.insert_id
            """,
            rows.KeysOf(null), r => (r.Key(0), r.GetInt64(1), r.Key(2)), cancellationToken, ("project", project))).ToHashSet();
        return [.. Enumerable.Range(0, rows.Count).Where(i => !known.Contains(rows.IdentityOf(i)))];
    }
}

/// <summary>The rows of a batch: made before the transaction, so that the transaction is short.</summary>
internal sealed class EventRows
{
    private readonly EventBatch _batch;
    private readonly short[] _shards;
    private readonly byte[][] _events;
    private readonly long[] _times;
    private readonly byte[][] _people;
    private readonly byte[][] _inserts;

    private EventRows(EventBatch batch, int count)
    {
        _batch = batch;
        _shards = new short[count];
        _events = new byte[count][];
        _times = new long[count];
        _people = new byte[count][];
        _inserts = new byte[count][];
    }

    public int Count => _shards.Length;

    public Dictionary<string, byte[]> Names { get; } = new(StringComparer.Ordinal);

    public static EventRows Of(Dialect dialect, EventBatch batch)
    {
        var rows = new EventRows(batch, batch.Events.Count);
        var people = new Dictionary<string, (short Shard, byte[] Key)>(StringComparer.Ordinal);
        for (var i = 0; i < rows.Count; i++)
        {
            var record = batch.Events[i];
            if (!rows.Names.TryGetValue(record.Name, out var name))
            {
                name = new PersonKey(EventKeys.OfName(batch.Project, record.Name)).ToBytes();
                rows.Names.Add(record.Name, name);
            }

            if (!people.TryGetValue(record.DistinctId, out var person))
            {
                var key = PersonKey.Of(batch.Project, record.DistinctId);
                person = (dialect.ShardOf(key), key.ToBytes());
                people.Add(record.DistinctId, person);
            }

            rows._shards[i] = person.Shard;
            rows._events[i] = name;
            rows._times[i] = record.Time;
            rows._people[i] = person.Key;
            rows._inserts[i] = record.InsertId is { } id
                ? new PersonKey(EventKeys.OfInsertId(batch.Project, id)).ToBytes()
                : RandomNumberGenerator.GetBytes(PersonKey.SizeBytes);
        }

        return rows;
    }

    public static Batch NamesOf(IReadOnlyList<(string Name, byte[] Key)> names) => new Batch()
        .Add("event", ColumnType.Bytes, names.Select(n => n.Key).ToArray())
        .Add("name", ColumnType.Text, names.Select(n => n.Name).ToArray());

    /// <param name="some">The places of those that are meant; null: all.</param>
    public Batch KeysOf(IReadOnlyList<int>? some)
    {
        T[] Pick<T>(T[] values) => some is null ? values : [.. some.Select(i => values[i])];
        return new Batch()
            .Add("shard", ColumnType.Small, Pick(_shards))
            .Add("event", ColumnType.Bytes, Pick(_events))
            .Add("time", ColumnType.Long, Pick(_times))
            .Add("person", ColumnType.Bytes, Pick(_people))
            .Add("insert_id", ColumnType.Bytes, Pick(_inserts));
    }

    /// <summary>What an event is known by, whoever it is of.</summary>
    public (PersonKey Event, long Time, PersonKey InsertId) IdentityOf(int place) =>
        (PersonKey.Read(_events[place]), _times[place], PersonKey.Read(_inserts[place]));

    /// <summary>The addresses of those that are new, with their numbers in the log.</summary>
    public IReadOnlyList<(short Shard, int Number, string Address)> AddressesOf(IReadOnlyList<int> fresh) =>
        [.. fresh.Index().Where(f => _batch.Events[f.Item].Address is not null).Select(f => (_shards[f.Item], f.Index + 1, _batch.Events[f.Item].Address!))];

    /// <summary>The rows for the log, of those that are new.</summary>
    public Batch LogOf(IReadOnlyList<int> fresh)
    {
        var all = fresh.Count == Count;
        T[] Pick<T>(T[] values) => all ? values : [.. fresh.Select(i => values[i])];
        return new Batch()
            .Add("n", ColumnType.Int, Enumerable.Range(1, fresh.Count).ToArray())
            .Add("shard", ColumnType.Small, Pick(_shards))
            .Add("event", ColumnType.Bytes, Pick(_events))
            .Add("time", ColumnType.Long, Pick(_times))
            .Add("person", ColumnType.Bytes, Pick(_people))
            .Add("insert_id", ColumnType.Bytes, Pick(_inserts))
            .Add("props", ColumnType.Bytes, fresh.Select(i => _batch.Events[i].Properties).ToArray());
    }
}

/// <summary>Event names that are known to be stored: hardly any request brings a new one.</summary>
internal sealed class KnownNames
{
    // Names are chosen by strangers: beyond this, the store is asked.
    private const int Limit = 50_000;

    private readonly System.Collections.Concurrent.ConcurrentDictionary<(string Project, string Name), bool> _known = new();

    public List<(string Name, byte[] Key)> Missing(string project, Dictionary<string, byte[]> names) =>
        [.. names.Where(n => !_known.ContainsKey((project, n.Key))).Select(n => (n.Key, n.Value))];

    public void Add(string project, Dictionary<string, byte[]> names)
    {
        if (_known.Count < Limit)
        {
            foreach (var name in names.Keys)
            {
                _known.TryAdd((project, name), true);
            }
        }
    }
}
