using System.Globalization;
using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Ingestion.Profiles;

/// <summary>The keys of one update around its operations. It is used for all updates of a body.</summary>
internal sealed class UpdateFields(IngestionLimits limits, TextPool pool)
{
    private readonly Slice[] _values = new Slice[UpdateKeys.Count];

    /// <summary>The value of a key; its length is 0 when it was not sent.</summary>
    public Slice this[UpdateKey key] => _values[(int)key];

    public void Scan(ReadOnlySpan<byte> json)
    {
        Array.Clear(_values);
        for (var at = 1; json[at] == '"';)
        {
            var name = new Slice(at + 1, CompactJson.TextLength(json, at + 1));
            var start = name.End + 2;
            var end = CompactJson.ValueEnd(json, start);
            if (UpdateKeys.Find(name.Of(json)) is { } key)
            {
                _values[(int)key] = new Slice(start, end - start);
            }

            at = end + (json[end] == ',' ? 1 : 0);
        }
    }

    /// <summary>A required id. The problem is null when there is a good one.</summary>
    public string Id(ReadOnlySpan<byte> json, UpdateKey key, ref RecordProblem? problem)
    {
        var field = UpdateKeys.Names[(int)key];
        var value = this[key].Of(json);
        var id = CompactJson.TextOrNumber(value);
        if (id.IsEmpty)
        {
            var isMissing = value.IsEmpty || value.SequenceEqual("null"u8) || value.SequenceEqual("\"\""u8);
            problem ??= isMissing ? RecordProblem.Missing(field) : RecordProblem.Invalid(field, "must be a string");
            return "";
        }

        if (JsonEscapes.UnescapedLength(id) > limits.MaxIdBytes)
        {
            problem ??= RecordProblem.Invalid(field, $"must have at most {limits.MaxIdBytes} bytes");
            return "";
        }

        // A group may well be number 0; a person who is called null is every person whom a broken client knows.
        if (key == UpdateKey.DistinctId && BadIds.Contains(id))
        {
            problem ??= RecordProblem.Invalid(field, "must be an id and not a placeholder of one");
            return "";
        }

        return pool.Get(id);
    }

    public string? Text(ReadOnlySpan<byte> json, UpdateKey key)
    {
        var text = CompactJson.TextOrNumber(this[key].Of(json));
        return text.IsEmpty ? null : pool.Get(text[..ValueWriter.KeptLength(text, limits.MaxTextCharacters)]);
    }

    public long? TimeMs(ReadOnlySpan<byte> json) => EpochTime.ReadMs(this[UpdateKey.Time].Of(json), allowText: true);

    /// <summary>A yes or no, which some SDKs send as a text.</summary>
    public bool IsTrue(ReadOnlySpan<byte> json, UpdateKey key)
    {
        var value = this[key].Of(json);
        return value.SequenceEqual("true"u8) || value.SequenceEqual("\"true\""u8)
            || value.SequenceEqual("1"u8) || value.SequenceEqual("\"1\""u8);
    }

    public double? Degrees(ReadOnlySpan<byte> json, UpdateKey key)
    {
        var text = CompactJson.TextOrNumber(this[key].Of(json));
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var degrees) && double.IsFinite(degrees)
            ? degrees
            : null;
    }
}
