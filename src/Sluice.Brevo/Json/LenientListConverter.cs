using System.Text.Json;

namespace Sluice.Brevo;

/// <summary>
/// A list whose elements are read one by one: null or a value of another kind is an empty list, a single value is a list of one, an
/// absent element is left out.
/// </summary>
internal abstract class LenientListConverter<T> : AnswerConverter<IReadOnlyList<T>>
{
    public override IReadOnlyList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            reader.Skip();
            return [];
        }

        var items = new List<T>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            AddElement(ref reader, options, items);
            return items;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            AddElement(ref reader, options, items);
        }

        return items;
    }

    /// <summary>Reads the element that the reader stands on, and adds it unless it is absent.</summary>
    protected abstract void AddElement(ref Utf8JsonReader reader, JsonSerializerOptions options, List<T> items);
}

/// <summary>Numbers, also written as texts.</summary>
internal sealed class LenientInt64ListConverter : LenientListConverter<long>
{
    private static readonly LenientInt64Converter Element = new();

    protected override void AddElement(ref Utf8JsonReader reader, JsonSerializerOptions options, List<long> items)
    {
        if (Element.Read(ref reader, typeof(long?), options) is { } number)
        {
            items.Add(number);
        }
    }
}

/// <summary>Texts, also written as numbers.</summary>
internal sealed class LenientStringListConverter : LenientListConverter<string>
{
    private static readonly LenientStringConverter Element = new();

    protected override void AddElement(ref Utf8JsonReader reader, JsonSerializerOptions options, List<string> items)
    {
        if (Element.Read(ref reader, typeof(string), options) is { } text)
        {
            items.Add(text);
        }
    }
}
