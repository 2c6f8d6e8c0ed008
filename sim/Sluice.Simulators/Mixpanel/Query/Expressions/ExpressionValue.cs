using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.Query.Expressions;

/// <summary>The types that the expression language knows.</summary>
internal enum ExpressionType
{
    Undefined,
    Null,
    Boolean,
    Number,
    Text,
    Time,
    List,
    Object,
}

/// <summary>A value of the expression language. A boolean is 1 or 0, a time is in milliseconds since 1970.</summary>
internal readonly record struct ExpressionValue(ExpressionType Type, double Number = 0, string Text = "", IReadOnlyList<ExpressionValue>? Items = null)
{
    public static ExpressionValue Undefined => default;

    public static ExpressionValue Null => new(ExpressionType.Null);

    public bool IsTrue => Type == ExpressionType.Boolean && Number != 0;

    /// <summary>How a report names a segment of this value.</summary>
    public string Label => Type switch
    {
        ExpressionType.Undefined => "undefined",
        ExpressionType.Null => "null",
        ExpressionType.Boolean => IsTrue ? "true" : "false",
        ExpressionType.Number => Number.ToString("R", CultureInfo.InvariantCulture),
        ExpressionType.Time => DateTimeOffset.FromUnixTimeMilliseconds((long)Number).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture),
        ExpressionType.List => $"[{string.Join(',', Items!.Select(item => item.Label))}]",
        _ => Text,
    };

    public static ExpressionValue Of(bool value) => new(ExpressionType.Boolean, value ? 1 : 0);

    public static ExpressionValue Of(double value) => double.IsFinite(value) ? new(ExpressionType.Number, value) : Undefined;

    public static ExpressionValue Of(string value) => new(ExpressionType.Text, 0, value);

    public static ExpressionValue Of(IReadOnlyList<ExpressionValue> items) => new(ExpressionType.List, 0, "", items);

    public static ExpressionValue Time(long milliseconds) => new(ExpressionType.Time, milliseconds);

    /// <summary>A property of a record; one that is not there is undefined, not null.</summary>
    public static ExpressionValue Of(JsonObject record, string name) =>
        record.TryGetPropertyValue(name, out var node) ? Of(node) : Undefined;

    /// <summary>A property of an object; of everything else it is undefined.</summary>
    public ExpressionValue Part(string name) =>
        Type == ExpressionType.Object && JsonNode.Parse(Text) is JsonObject inner ? Of(inner, name) : Undefined;

    public static ExpressionValue Of(JsonNode? node) => node?.GetValueKind() switch
    {
        null or JsonValueKind.Null => Null,
        JsonValueKind.True => Of(true),
        JsonValueKind.False => Of(false),
        JsonValueKind.Number => JsonTree.AsNumber(node) is { } number ? Of(number) : Undefined,
        JsonValueKind.String => Of(node.GetValue<string>()),
        JsonValueKind.Array => Of([.. ((JsonArray)node).Select(Of)]),
        _ => new ExpressionValue(ExpressionType.Object, 0, node.ToJsonString(MixpanelAnswer.Plain)),
    };

    /// <summary>The moment that a text of Mixpanel's date format stands for.</summary>
    public static ExpressionValue TimeOf(string text) =>
        DateTime.TryParseExact(
            text, ["yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd"], CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment)
            ? Time(new DateTimeOffset(moment, TimeSpan.Zero).ToUnixTimeMilliseconds())
            : Undefined;

    /// <summary>Equal means of one type and of one value; nothing equals what is undefined, except undefined.</summary>
    public static bool AreEqual(ExpressionValue left, ExpressionValue right)
    {
        (left, right) = AsTimes(left, right);
        return left.Type == right.Type && left.Type switch
        {
            ExpressionType.Text or ExpressionType.Object => left.Text == right.Text,
            ExpressionType.List => left.Items!.Count == right.Items!.Count && left.Items.Zip(right.Items).All(pair => AreEqual(pair.First, pair.Second)),
            _ => left.Number.Equals(right.Number),
        };
    }

    /// <summary>The order of two numbers or two times; null for everything else.</summary>
    public static int? Compare(ExpressionValue left, ExpressionValue right)
    {
        (left, right) = AsTimes(left, right);
        return left.Type == right.Type && left.Type is ExpressionType.Number or ExpressionType.Time ? left.Number.CompareTo(right.Number) : null;
    }

    // A text in the date format is a date as soon as it meets one.
    private static (ExpressionValue Left, ExpressionValue Right) AsTimes(ExpressionValue left, ExpressionValue right) => (left.Type, right.Type) switch
    {
        (ExpressionType.Time, ExpressionType.Text) => (left, TimeOf(right.Text)),
        (ExpressionType.Text, ExpressionType.Time) => (TimeOf(left.Text), right),
        _ => (left, right),
    };
}
