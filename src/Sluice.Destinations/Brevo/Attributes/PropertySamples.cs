using System.Text;
using System.Text.Json;
using Sluice.Brevo;

namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>
/// What the values of the mapped properties look like, to choose types for attributes that do not exist yet. Shown a number of profiles, it
/// keeps counts, and texts only for attributes that are to be created as a choice.
/// </summary>
public sealed class PropertySamples
{
    /// <summary>The most choices that are taken from samples for one attribute.</summary>
    public const int MaxOptions = 200;

    private readonly Utf8NameTable _properties;
    private readonly string[] _names;
    private readonly Tally[] _tallies;

    /// <summary>Makes an empty collection.</summary>
    /// <param name="mapping">The lines whose properties are looked at.</param>
    public PropertySamples(IReadOnlyList<AttributeMapping> mapping)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        _names = [.. mapping.Select(line => line.Property).Distinct(StringComparer.Ordinal)];
        _properties = new Utf8NameTable(_names);
        _tallies = Array.ConvertAll(_names, name => new Tally(mapping.Any(line => line.Property == name && IsChoice(line.Kind))));
    }

    /// <summary>Looks at one profile.</summary>
    /// <param name="properties">Its properties, a JSON object in UTF-8.</param>
    /// <exception cref="JsonException">It is not a JSON object.</exception>
    public void Add(ReadOnlySpan<byte> properties)
    {
        var reader = ProfileReader.Begin(properties);
        var scratch = Array.Empty<byte>();
        while (ProfileReader.NextProperty(ref reader, _properties, ref scratch, out var place))
        {
            if (place >= 0)
            {
                _tallies[place].Add(reader);
            }

            reader.Skip();
        }
    }

    /// <summary>The type that all values seen have in common, or null when none was seen.</summary>
    internal AttributeKind? Infer(string property) => _tallies[Array.IndexOf(_names, property)].Infer();

    internal IReadOnlyList<string> Options(string property) => [.. _tallies[Array.IndexOf(_names, property)].Options];

    private static bool IsChoice(AttributeKind? kind) => kind is AttributeKind.Category or AttributeKind.MultipleChoice;

    private sealed class Tally(bool keepsOptions)
    {
        private int _numbers;
        private int _booleans;
        private int _dates;
        private int _others;

        public SortedSet<string> Options { get; } = new(StringComparer.Ordinal);

        public AttributeKind? Infer()
        {
            var all = _numbers + _booleans + _dates + _others;
            return all == 0 ? null
                : all == _numbers ? AttributeKind.Number
                : all == _booleans ? AttributeKind.Boolean
                : all == _dates ? AttributeKind.Date
                : AttributeKind.Text;
        }

        public void Add(Utf8JsonReader reader)
        {
            if (keepsOptions)
            {
                AddOptions(reader);
            }

            switch (reader.TokenType)
            {
                case JsonTokenType.Null:
                    break;
                case JsonTokenType.Number:
                    _numbers++;
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    _booleans++;
                    break;
                case JsonTokenType.String when reader.ValueSpan.IsEmpty:
                    break;
                case JsonTokenType.String when CalendarDay.IsIso(reader.ValueSpan):
                    _dates++;
                    break;
                default:
                    _others++;
                    break;
            }
        }

        private void AddOptions(Utf8JsonReader reader)
        {
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    AddOption(ref reader);
                }
            }
            else
            {
                AddOption(ref reader);
            }
        }

        private void AddOption(ref Utf8JsonReader reader)
        {
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
            {
                reader.Skip();
            }
            else if (reader.TokenType is not JsonTokenType.Null && Options.Count < MaxOptions && TextOf(ref reader) is { } text
                && !string.IsNullOrWhiteSpace(text) && text.Length <= BrevoAttributeDefinition.MaxOptionLength)
            {
                Options.Add(text);
            }
        }

        private static string? TextOf(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.String)
            {
                return Encoding.UTF8.GetString(reader.ValueSpan);
            }

            try
            {
                return reader.GetString();
            }
            catch (InvalidOperationException)
            {
                // Not text, so nothing that could be offered.
                return null;
            }
        }
    }
}
