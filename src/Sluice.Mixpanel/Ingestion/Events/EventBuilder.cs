using System.Buffers;
using System.Text.Json;
using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Ingestion.Events;

/// <summary>Makes an event of what the scanner found, and writes its properties.</summary>
internal sealed class EventBuilder(
    EventParserOptions options, DateTimeOffset now, EventScanner scanner, TextPool pool, ByteArena arena)
{
    private const int MaxImportedInsertIdBytes = 36;

    // More than the names, quotes and prefixes of the resolved ids take.
    private const int RoomForIdNames = 128;

    private static readonly SearchValues<byte> InsertIdBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"u8);

    private readonly long _nowMs = now.ToUnixTimeMilliseconds();
    private readonly long _earliestMs = options.Earliest.ToUnixTimeMilliseconds();
    private readonly long _lateMs = (now - options.TrackWindow).ToUnixTimeMilliseconds();
    private readonly ValueWriter _values = new(options.Limits);
    private readonly byte[] _idWhenMissing = JsonEncodedText.Encode(options.DistinctIdWhenMissing).EncodedUtf8Bytes.ToArray();

    public int Late { get; private set; }

    public int Truncated { get; private set; }

    public RecordProblem? Build(ReadOnlySpan<byte> json, int index, string name, EventKind kind, out MixpanelEvent built)
    {
        built = default;

        // An identity event needs no more than its ids.
        var isStrict = options.Rules == EventRules.Import && kind == EventKind.Ordinary;
        if (CheckTime(scanner[EventKey.Time].Of(json), isStrict, out var timeMs, out var sentTimeMs) is { } timeProblem)
        {
            return timeProblem;
        }

        var ids = EventIdentity.Read(json, scanner, options, kind);
        if (ids.Problem is not null)
        {
            return ids.Problem;
        }

        if (isStrict && ids.IsMissing)
        {
            return RecordProblem.Missing("properties.distinct_id");
        }

        var insertId = CompactJson.TextOrNumber(scanner[EventKey.InsertId].Of(json));
        var token = CompactJson.TextOrNumber(scanner[EventKey.Token].Of(json));
        if ((CheckInsertId(ref insertId, isStrict) ?? CheckToken(token)) is { } problem)
        {
            return problem;
        }

        // Without an insert id there are no copies, and the time of arrival does. With one, the time as sent is what copies have in
        // common, and it is no time to be kept.
        if (!insertId.IsEmpty && IsFarAhead(sentTimeMs))
        {
            return TooFarAhead();
        }

        var before = arena.Length;
        _values.Cut = scanner.CutNames;
        if (WriteProperties(json, in ids, insertId, out var distinctId) is { } propertyProblem)
        {
            arena.Rewind(before);
            return propertyProblem;
        }

        Truncated += _values.Cut;
        Late += options.Rules == EventRules.Track && timeMs < _lateMs ? 1 : 0;
        built = new MixpanelEvent(arena, before, arena.Length - before)
        {
            Index = index,
            Name = name,
            Kind = kind,
            TimeMs = timeMs,
            SentTimeMs = sentTimeMs,
            DistinctId = distinctId,
            DeviceId = Pooled(ids.DeviceId),
            UserId = Pooled(ids.UserId),
            InsertId = insertId.IsEmpty ? null : pool.GetOnce(insertId),
            Token = Pooled(token),
            Ip = ReadIp(json),
            Id = Pooled(ids.Id),
            OtherId = Pooled(ids.OtherId),
            Truncated = _values.Cut,
        };
        return null;
    }

    private string? Pooled(ReadOnlySpan<byte> text) => text.IsEmpty ? null : pool.Get(text);

    private string? ReadIp(ReadOnlySpan<byte> json)
    {
        var ip = CompactJson.TextOrNumber(scanner[EventKey.Ip].Of(json));
        return Pooled(ip[..ValueWriter.KeptLength(ip, options.Limits.MaxTextCharacters)]);
    }

    private RecordProblem? CheckTime(ReadOnlySpan<byte> value, bool isStrict, out long timeMs, out long? sentTimeMs)
    {
        const string field = "properties.time";
        sentTimeMs = null;
        timeMs = _nowMs;
        if (value.IsEmpty)
        {
            return isStrict ? RecordProblem.Missing(field) : null;
        }

        sentTimeMs = EpochTime.ReadMs(value, allowText: options.Rules == EventRules.Track);
        if (sentTimeMs is null)
        {
            return RecordProblem.Invalid(field, "must be specified as seconds since epoch");
        }

        if (sentTimeMs < _earliestMs)
        {
            return RecordProblem.Invalid(field, $"must not be before {options.Earliest:yyyy-MM-dd}");
        }

        if (options.Rules == EventRules.Import && IsFarAhead(sentTimeMs))
        {
            return TooFarAhead();
        }

        timeMs = Math.Min(sentTimeMs.Value, _nowMs);
        return null;
    }

    private bool IsFarAhead(long? sentTimeMs) => sentTimeMs - _nowMs > options.MaxAhead.TotalMilliseconds;

    private RecordProblem TooFarAhead() =>
        RecordProblem.Invalid("properties.time", $"must not be more than {options.MaxAhead.TotalMinutes:0} minutes in the future");

    private RecordProblem? CheckInsertId(ref ReadOnlySpan<byte> insertId, bool isStrict)
    {
        const string field = "properties.$insert_id";
        if (insertId.IsEmpty)
        {
            return isStrict && options.RequiresInsertId ? RecordProblem.Missing(field) : null;
        }

        if (!isStrict)
        {
            // What every broken client sends alike would make all their events one.
            insertId = BadIds.Contains(insertId) ? default : insertId;
            return JsonEscapes.UnescapedLength(insertId) > options.Limits.MaxIdBytes
                ? RecordProblem.Invalid(field, $"must have at most {options.Limits.MaxIdBytes} bytes")
                : null;
        }

        if (insertId.Length > MaxImportedInsertIdBytes)
        {
            return RecordProblem.Invalid(field, $"must have at most {MaxImportedInsertIdBytes} bytes");
        }

        if (insertId.ContainsAnyExcept(InsertIdBytes))
        {
            return RecordProblem.Invalid(field, "must be made of letters, digits and hyphens");
        }

        return BadIds.Contains(insertId) ? RecordProblem.Invalid(field, "must be an id and not a placeholder of one") : null;
    }

    private RecordProblem? CheckToken(ReadOnlySpan<byte> token)
    {
        const string field = "properties.token";
        if (token.IsEmpty)
        {
            return options.Rules == EventRules.Track ? RecordProblem.Missing(field) : null;
        }

        return JsonEscapes.UnescapedLength(token) > options.Limits.MaxIdBytes
            ? RecordProblem.Invalid(field, $"must have at most {options.Limits.MaxIdBytes} bytes")
            : null;
    }

    private RecordProblem? WriteProperties(
        ReadOnlySpan<byte> json, in EventIdentity ids, ReadOnlySpan<byte> insertId, out string distinctId)
    {
        distinctId = options.DistinctIdWhenMissing;
        var idBytes = (2 * ids.DistinctId.Length) + ids.DeviceId.Length + ids.UserId.Length + _idWhenMissing.Length;
        var destination = arena.Reserve(json.Length + idBytes + RoomForIdNames);
        destination[0] = (byte)'{';
        var written = 1;
        if (!ids.DistinctId.IsEmpty)
        {
            ValueWriter.WriteName("distinct_id"u8, destination, ref written);
            var start = written + 1;
            WriteText(ids.IsDevice ? EventIdentity.DevicePrefix : default, ids.DistinctId, destination, ref written);
            distinctId = pool.Get(destination[start..(written - 2)]);
        }
        else if (ids.IsMissing)
        {
            WriteId("distinct_id"u8, _idWhenMissing, destination, ref written);
        }
        else
        {
            // An empty id was sent: the event is to be nobody's.
            distinctId = "";
        }

        WriteId("$device_id"u8, ids.DeviceId, destination, ref written);
        WriteId("$user_id"u8, ids.UserId, destination, ref written);
        WriteId("$insert_id"u8, insertId, destination, ref written);
        for (var i = 0; i < scanner.Kept.Count; i++)
        {
            var name = scanner.Kept.Name(i).Of(json);
            ValueWriter.WriteName(name, destination, ref written);
            if (_values.Write(scanner.Kept.Value(i).Of(json), destination, ref written) is { } problem)
            {
                var field = $"properties.{pool.GetOnce(name)}";
                return new RecordProblem(field, RecordProblems.InvalidProperty(field, problem));
            }

            destination[written++] = (byte)',';
        }

        // The last comma gives way to the brace.
        written -= written > 1 ? 1 : 0;
        destination[written++] = (byte)'}';
        arena.Commit(written);
        return null;
    }

    private static void WriteId(ReadOnlySpan<byte> name, ReadOnlySpan<byte> id, Span<byte> destination, ref int written)
    {
        if (!id.IsEmpty)
        {
            ValueWriter.WriteName(name, destination, ref written);
            WriteText(default, id, destination, ref written);
        }
    }

    private static void WriteText(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> text, Span<byte> destination, ref int written)
    {
        destination[written] = (byte)'"';
        prefix.CopyTo(destination[(written + 1)..]);
        text.CopyTo(destination[(written + 1 + prefix.Length)..]);
        written += prefix.Length + text.Length + 1;
        destination[written] = (byte)'"';
        destination[written + 1] = (byte)',';
        written += 2;
    }
}
