using System.Text.Json;

namespace Sluice.Simulators.Brevo;

/// <summary>Typed reading of body fields: absent and null are the same, a wrong type is refused with the field's name.</summary>
internal static class JsonFields
{
    public static JsonElement? Field(this JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static string? Text(this JsonElement body, string name) => body.Field(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        _ => throw BrevoRefusal.Invalid($"{name} should be a string"),
    };

    public static bool? Flag(this JsonElement body, string name) => body.Field(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw BrevoRefusal.Invalid($"{name} should be a boolean"),
    };

    public static long? Number(this JsonElement body, string name) => body.Field(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out var number) => number,
        _ => throw BrevoRefusal.Invalid($"{name} should be an integer"),
    };

    public static List<long>? Numbers(this JsonElement body, string name)
    {
        if (body.Field(name) is not { } array)
        {
            return null;
        }

        if (array.ValueKind != JsonValueKind.Array)
        {
            throw BrevoRefusal.Invalid($"{name} should be an array of integers");
        }

        List<long> numbers = [];
        foreach (var item in array.EnumerateArray())
        {
            numbers.Add(item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var number)
                ? number
                : throw BrevoRefusal.Invalid($"{name} should be an array of integers"));
        }

        return numbers;
    }

    public static List<string>? Texts(this JsonElement body, string name)
    {
        if (body.Field(name) is not { } array)
        {
            return null;
        }

        if (array.ValueKind != JsonValueKind.Array)
        {
            throw BrevoRefusal.Invalid($"{name} should be an array of strings");
        }

        List<string> texts = [];
        foreach (var item in array.EnumerateArray())
        {
            texts.Add(item.ValueKind == JsonValueKind.String
                ? item.GetString()!
                : throw BrevoRefusal.Invalid($"{name} should be an array of strings"));
        }

        return texts;
    }

    public static JsonElement? Object(this JsonElement body, string name) => body.Field(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => value,
        _ => throw BrevoRefusal.Invalid($"{name} should be an object"),
    };
}
