using System.Text.Unicode;
using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Ingestion.Events;

/// <summary>Turns the records of one body into events and failures.</summary>
internal sealed class EventReader : IDisposable
{
    private readonly EventParserOptions _options;
    private readonly ByteArena _arena;
    private readonly RecordText _text = new();
    private readonly TextPool _pool = new();
    private readonly EventScanner _scanner;
    private readonly EventBuilder _builder;
    private readonly List<MixpanelEvent> _events;
    private readonly List<FailedRecord> _failed = [];
    private int _ignored;
    private int _identityIgnored;
    private BodyFailure? _failure;

    public EventReader(EventParserOptions options, DateTimeOffset now, int bodyBytes, int records)
    {
        _options = options;
        _arena = new ByteArena(bodyBytes);
        _scanner = new EventScanner(options);
        _builder = new EventBuilder(options, now, _scanner, _pool, _arena);
        _events = new List<MixpanelEvent>(records);
    }

    /// <summary>Reads all records. Either there is a batch, which then owns the memory of its properties, or a failure.</summary>
    public EventBatch? Read(ReadOnlyMemory<byte> body, List<RecordPlace> records, out BodyFailure? failure)
    {
        var isUtf8 = Utf8.IsValid(body.Span);
        for (var i = 0; i < records.Count && _failure is null; i++)
        {
            var place = records[i];
            var payload = body.Slice(place.Start, place.Length);
            if ((Load(place, payload.Span, isUtf8) ?? ReadEvent(i)) is { } problem)
            {
                Fail(i, problem, payload);
            }
        }

        failure = _failure;
        if (failure is not null)
        {
            _arena.Dispose();
            return null;
        }

        return new EventBatch(_arena)
        {
            Events = _events,
            Failed = _failed,
            Received = records.Count,
            Ignored = _ignored,
            IdentityIgnored = _identityIgnored,
            Late = _builder.Late,
            Truncated = _builder.Truncated,
        };
    }

    public void Dispose() => _text.Dispose();

    /// <summary>Brings a record into the one form and scans it.</summary>
    private RecordProblem? Load(RecordPlace place, ReadOnlySpan<byte> raw, bool isUtf8)
    {
        _scanner.Clear();
        if (!place.IsReadable)
        {
            return new RecordProblem("", RecordProblems.NotJson);
        }

        if (raw.Length > _options.Limits.MaxRecordBytes)
        {
            return new RecordProblem("", RecordProblems.TooLarge(_options.Limits.MaxRecordBytes));
        }

        _text.Load(raw, isUtf8);
        if (_text.Json[0] != '{')
        {
            return new RecordProblem("", RecordProblems.NotAnObject);
        }

        _scanner.Scan(_text.Json);
        return _text.IsStorable ? _scanner.Problem : Unstorable(_text.Json);
    }

    private RecordProblem? ReadEvent(int index)
    {
        var json = _text.Json;
        if (IsIgnored(_scanner[EventKey.Ignore].Of(json)))
        {
            _ignored++;
            return null;
        }

        var name = ReadName(json);
        if (string.IsNullOrWhiteSpace(name))
        {
            return new RecordProblem("event", RecordProblems.BlankEvent);
        }

        var kind = KindOf(name);
        if (kind != EventKind.Ordinary && _options.Identity == IdentityMode.Simplified)
        {
            if (_options.FailsOneByOne)
            {
                return new RecordProblem("event", RecordProblems.IdentityEvents);
            }

            if (_options.Rules == EventRules.Import)
            {
                _failure = new BodyFailure(BodyFailureKind.IdentityEvents, RecordProblems.IdentityEvents);
            }

            // The browser SDK sends $identify in every project; what it says is in the ids of the events behind it, too.
            _identityIgnored++;
            return null;
        }

        // With merging switched off, only an alias says something.
        kind = _options.Identity == IdentityMode.Legacy && kind != EventKind.CreateAlias ? EventKind.Ordinary : kind;
        if (kind == EventKind.Merge && (_options.Rules == EventRules.Track || !_options.AllowsMerge))
        {
            return RecordProblem.Invalid("event", "$merge is taken by /import only, and only with the project's credentials");
        }

        var problem = _builder.Build(json, index, name, kind, out var built);
        if (problem is null)
        {
            _events.Add(built);
        }

        return problem;
    }

    /// <summary>The event's name, cut where it is too long; null when it is none.</summary>
    private string? ReadName(ReadOnlySpan<byte> json)
    {
        var name = CompactJson.Text(_scanner.Name.Of(json));
        return name.IsEmpty ? null : _pool.Get(name[..ValueWriter.KeptLength(name, _options.Limits.MaxNameCharacters)]);
    }

    private static EventKind KindOf(string name) => name switch
    {
        "$identify" => EventKind.Identify,
        "$create_alias" => EventKind.CreateAlias,
        "$merge" => EventKind.Merge,
        _ => EventKind.Ordinary,
    };

    private static bool IsIgnored(ReadOnlySpan<byte> value) => value is [(byte)'t', ..] || !CompactJson.Text(value).IsEmpty;

    /// <summary>Says which property cannot be stored.</summary>
    private RecordProblem Unstorable(ReadOnlySpan<byte> json)
    {
        if (RecordText.Problem(_scanner.Name.Of(json)) is { } nameProblem)
        {
            return RecordProblem.Invalid("event", nameProblem);
        }

        for (var i = 0; i < _scanner.Kept.Count; i++)
        {
            var name = _scanner.Kept.Name(i).Of(json);
            if (RecordText.Problem(name) is { } problem)
            {
                return RecordProblem.Invalid("properties", problem);
            }

            if (RecordText.Problem(_scanner.Kept.Value(i).Of(json)) is { } valueProblem)
            {
                var field = $"properties.{_pool.Get(name)}";
                return new RecordProblem(field, RecordProblems.InvalidProperty(field, valueProblem));
            }
        }

        return new RecordProblem("", RecordText.Problem(json) ?? RecordProblems.NotUtf8);
    }

    private void Fail(int index, RecordProblem problem, ReadOnlyMemory<byte> payload)
    {
        var insertId = CompactJson.TextOrNumber(_scanner[EventKey.InsertId].Of(_text.Json));
        var isReadable = insertId.Length is > 0 and <= 1024 && RecordText.Problem(insertId) is null;
        _failed.Add(new FailedRecord
        {
            Index = index,
            InsertId = isReadable ? _pool.GetOnce(insertId) : null,
            Field = problem.Field,
            Message = problem.Message,
            Payload = payload,
        });
    }
}
