using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Ingestion.Events;

/// <summary>Walks one event, JSON in the one form, and says where its fields are. It is used for all events of a body.</summary>
internal sealed class EventScanner(EventParserOptions options)
{
    private readonly Slice[] _known = new Slice[EventKeys.Count];

    /// <summary>The properties that are kept as they were sent.</summary>
    public PropertyTable Kept { get; } = new();

    /// <summary>The value of <c>event</c>; its length is 0 when there is none.</summary>
    public Slice Name { get; private set; }

    /// <summary>What is wrong with the properties as a whole, or null.</summary>
    public RecordProblem? Problem { get; private set; }

    /// <summary>How many names were cut.</summary>
    public int CutNames { get; private set; }

    /// <summary>The value of a property with a meaning; its length is 0 when it was not sent, or is null.</summary>
    public Slice this[EventKey key] => _known[(int)key];

    /// <summary>Forgets the event before.</summary>
    public void Clear()
    {
        Array.Clear(_known);
        Kept.Clear();
        Name = default;
        Problem = null;
        CutNames = 0;
    }

    /// <summary>Scans one event; <see cref="Clear"/> comes before.</summary>
    public void Scan(ReadOnlySpan<byte> json)
    {
        var properties = default(Slice);
        for (var at = 1; json[at] == '"';)
        {
            var name = new Slice(at + 1, CompactJson.TextLength(json, at + 1));
            var start = name.End + 2;
            var end = CompactJson.ValueEnd(json, start);
            if (name.Of(json).SequenceEqual("event"u8))
            {
                Name = new Slice(start, end - start);
            }
            else if (name.Of(json).SequenceEqual("properties"u8))
            {
                properties = new Slice(start, end - start);
            }

            at = end + (json[end] == ',' ? 1 : 0);
        }

        if (properties.Length > 0 && json[properties.Start] == '{')
        {
            ScanProperties(json, properties.Start + 1);
        }
        else if (properties.Length > 0 && json[properties.Start] != 'n')
        {
            Problem = RecordProblem.Invalid("properties", "must be an object");
        }
    }

    private void ScanProperties(ReadOnlySpan<byte> json, int at)
    {
        while (json[at] == '"')
        {
            var name = new Slice(at + 1, CompactJson.TextLength(json, at + 1));
            var start = name.End + 2;
            var end = CompactJson.ValueEnd(json, start);
            var value = new Slice(start, end - start);
            var key = EventKeys.Find(name.Of(json));
            if (key != EventKey.Other)
            {
                _known[(int)key] = json[start] == 'n' ? default : value;
            }

            if (EventKeys.IsKept(key, options.Identity))
            {
                var kept = ValueWriter.KeptLength(name.Of(json), options.Limits.MaxNameCharacters);
                CutNames += kept < name.Length ? 1 : 0;
                if (!Kept.Set(json, name with { Length = kept }, value, options.Limits.MaxProperties))
                {
                    Problem ??= new RecordProblem("properties", RecordProblems.TooManyProperties(options.Limits.MaxProperties));
                }
            }

            at = end + (json[end] == ',' ? 1 : 0);
        }
    }
}
