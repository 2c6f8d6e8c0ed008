using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Sluice.Brevo;

/// <summary>An object. Anything else, for example the <c>[]</c> that some services write for an empty object, is absent.</summary>
internal sealed class LenientObjectConverter<T> : AnswerConverter<T?>
    where T : class
{
    public override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            return JsonSerializer.Deserialize(ref reader, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T)));
        }

        reader.Skip();
        return null;
    }
}

/// <summary>A list of objects; elements of another kind are left out.</summary>
internal sealed class LenientObjectListConverter<T> : LenientListConverter<T>
    where T : class
{
    private static readonly LenientObjectConverter<T> Element = new();

    protected override void AddElement(ref Utf8JsonReader reader, JsonSerializerOptions options, List<T> items)
    {
        if (Element.Read(ref reader, typeof(T), options) is { } item)
        {
            items.Add(item);
        }
    }
}

/// <summary>The values of a contact's attributes, by name, as they stand in the answer.</summary>
internal sealed class LenientValuesConverter : AnswerConverter<IReadOnlyDictionary<string, JsonElement>>
{
    public override IReadOnlyDictionary<string, JsonElement> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return values;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = LenientStringConverter.Text(ref reader);
            reader.Read();
            var value = JsonElement.ParseValue(ref reader);
            if (name is not null)
            {
                values[name] = value;
            }
        }

        return values;
    }
}
