using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sluice.Brevo;

/// <summary>A value of a contact attribute as it is sent: a text, a number, a boolean, a day, or several options.</summary>
/// <remarks>
/// Brevo drops a value whose kind differs from the attribute's type and still answers success, so the kind must be right. There is no
/// null: to clear an attribute send <see cref="Cleared"/>.
/// </remarks>
[JsonConverter(typeof(BrevoAttributeValueConverter))]
public sealed class BrevoAttributeValue : IEquatable<BrevoAttributeValue>
{
    private readonly object _value;

    private BrevoAttributeValue(object value)
    {
        _value = value;
    }

    /// <summary>Clears the attribute: the empty text.</summary>
    public static BrevoAttributeValue Cleared { get; } = new("");

    /// <summary>A text, also for the key or label of a category attribute.</summary>
    /// <param name="value">The text.</param>
    /// <returns>The value.</returns>
    public static BrevoAttributeValue Text(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new BrevoAttributeValue(value);
    }

    /// <summary>A whole number.</summary>
    /// <param name="value">The number.</param>
    /// <returns>The value.</returns>
    public static BrevoAttributeValue Number(long value) => new(value);

    /// <summary>A number.</summary>
    /// <param name="value">The number.</param>
    /// <returns>The value.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is infinite or not a number; JSON has no such values.</exception>
    public static BrevoAttributeValue Number(double value) =>
        double.IsFinite(value) ? new BrevoAttributeValue(value) : throw new ArgumentOutOfRangeException(nameof(value), "The number is not finite.");

    /// <summary>A decimal number, sent with all its digits.</summary>
    /// <param name="value">The number.</param>
    /// <returns>The value.</returns>
    public static BrevoAttributeValue Number(decimal value) => new(value);

    /// <summary>True or false.</summary>
    /// <param name="value">The boolean.</param>
    /// <returns>The value.</returns>
    public static BrevoAttributeValue Boolean(bool value) => new(value);

    /// <summary>A calendar day, sent as <c>YYYY-MM-DD</c>. Other forms depend on the account's settings.</summary>
    /// <param name="value">The day.</param>
    /// <returns>The value.</returns>
    public static BrevoAttributeValue Date(DateOnly value) => new(value.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    /// <summary>Options of a multiple-choice attribute.</summary>
    /// <param name="values">The options as the account knows them.</param>
    /// <returns>The value.</returns>
    public static BrevoAttributeValue Options(params IReadOnlyList<string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var copy = values.ToArray();
        foreach (var value in copy)
        {
            ArgumentNullException.ThrowIfNull(value, nameof(values));
        }

        return new BrevoAttributeValue(copy);
    }

    /// <summary>Whether the other value is sent as the same JSON.</summary>
    /// <param name="other">The other value.</param>
    /// <returns>True when it is.</returns>
    public bool Equals(BrevoAttributeValue? other) =>
        other is not null
        && (_value is string[] options ? other._value is string[] others && options.AsSpan().SequenceEqual(others) : _value.Equals(other._value));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as BrevoAttributeValue);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (_value is not string[] options)
        {
            return _value.GetHashCode();
        }

        var hash = new HashCode();
        foreach (var option in options)
        {
            hash.Add(option, StringComparer.Ordinal);
        }

        return hash.ToHashCode();
    }

    /// <summary>Names the kind of the value, never the value: it may be a person's.</summary>
    /// <returns><c>text</c>, <c>number</c>, <c>boolean</c> or <c>options</c>.</returns>
    public override string ToString() => _value switch
    {
        string => "text",
        bool => "boolean",
        string[] => "options",
        _ => "number",
    };

    internal bool IsBlankText => _value is string text && string.IsNullOrWhiteSpace(text);

    internal void WriteTo(Utf8JsonWriter writer)
    {
        switch (_value)
        {
            case string text:
                writer.WriteStringValue(text);
                break;
            case bool boolean:
                writer.WriteBooleanValue(boolean);
                break;
            case long whole:
                writer.WriteNumberValue(whole);
                break;
            case double number:
                writer.WriteNumberValue(number);
                break;
            case decimal number:
                writer.WriteNumberValue(number);
                break;
            case string[] options:
                writer.WriteStartArray();
                foreach (var option in options)
                {
                    writer.WriteStringValue(option);
                }

                writer.WriteEndArray();
                break;
        }
    }
}

internal sealed class BrevoAttributeValueConverter : JsonConverter<BrevoAttributeValue>
{
    public override BrevoAttributeValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Values are only sent.");

    public override void Write(Utf8JsonWriter writer, BrevoAttributeValue value, JsonSerializerOptions options) => value.WriteTo(writer);
}
