using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Sluice.Core.People.Contact;

namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>Converts the JSON value at which a reader stands into an attribute's form. The reader may be left anywhere within the
/// value.</summary>
internal readonly ref struct ValueReader(ReadOnlySpan<byte> json, AttributePayload payload, TimeZoneInfo timeZone)
{
    private const int PhoneCharacters = 64;

    private readonly ReadOnlySpan<byte> _json = json;

    public void Read(scoped ref Utf8JsonReader reader, int column, PlanColumn plan)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            payload.SetEmpty(column);
            return;
        }

        var isScalar = reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject);
        var kind = plan.Attribute.Kind;
        ReadOnlySpan<byte> text = default;
        if (isScalar && !TryGetText(ref reader, out text))
        {
            payload.Refuse(column, AttributeReason.InvalidText);
            return;
        }

        if (isScalar && IsNothing(text, kind))
        {
            payload.SetEmpty(column);
            return;
        }

        switch (kind)
        {
            case AttributeKind.MultipleChoice:
                ReadOptions(ref reader, column, plan, isScalar, text);
                break;
            case AttributeKind.Text when !isScalar:
                ReadStructure(ref reader, column);
                break;
            default:
                var start = payload.Length;
                var reason = isScalar ? Convert(reader.TokenType, text, plan) : ReasonOf(kind);
                if (reason is null)
                {
                    payload.SetValue(column, start);
                }
                else
                {
                    payload.Truncate(start);
                    payload.Refuse(column, reason);
                }

                break;
        }
    }

    // A text may consist of blanks; in all other types blanks say nothing.
    private static bool IsNothing(ReadOnlySpan<byte> text, AttributeKind kind) =>
        kind == AttributeKind.Text ? text.IsEmpty : Trim(text).IsEmpty;

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => text.Trim(" \t\r\n"u8);

    private static string ReasonOf(AttributeKind kind) => kind switch
    {
        AttributeKind.Number => AttributeReason.NotANumber,
        AttributeKind.Date => AttributeReason.NotADate,
        AttributeKind.Boolean => AttributeReason.NotABoolean,
        AttributeKind.Category => AttributeReason.UnknownCategory,
        AttributeKind.User => AttributeReason.NotAUser,
        _ => AttributeReason.PhoneMalformed,
    };

    /// <summary>Appends the converted value; returns null, or why there is none.</summary>
    private string? Convert(JsonTokenType token, ReadOnlySpan<byte> text, PlanColumn plan)
    {
        switch (plan.Attribute.Kind)
        {
            case AttributeKind.Text:
                payload.Append(text);
                return null;
            case AttributeKind.Number:
                return ConvertNumber(token, text);
            case AttributeKind.Date:
                return ConvertDate(token, Trim(text));
            case AttributeKind.Boolean:
                return ConvertBoolean(Trim(text));
            case AttributeKind.Category:
                if (!plan.Choices.TryFind(payload.ToCharacters(text), out var choice) && !plan.Choices.TryFind(payload.ToCharacters(Trim(text)), out choice))
                {
                    return AttributeReason.UnknownCategory;
                }

                payload.Append(plan.Choices.Values[choice]);
                return null;
            case AttributeKind.User:
                if (!EmailAddress.TryNormalise(payload.ToCharacters(text).ToString(), out var user, out _))
                {
                    return AttributeReason.NotAUser;
                }

                payload.Append(user);
                return null;
            default:
                return ConvertPhone(token, text);
        }
    }

    private string? ConvertNumber(JsonTokenType token, ReadOnlySpan<byte> text)
    {
        if (token is JsonTokenType.True or JsonTokenType.False
            || !CanonicalNumber.TryWrite(Trim(text), payload.Reserve(CanonicalNumber.MaxLength), out var length))
        {
            return AttributeReason.NotANumber;
        }

        payload.Advance(length);
        return null;
    }

    private string? ConvertDate(JsonTokenType token, ReadOnlySpan<byte> text)
    {
        var target = payload.Reserve(CalendarDay.Length);
        if (token == JsonTokenType.String && CalendarDay.IsIso(text))
        {
            text[..CalendarDay.Length].CopyTo(target);
        }
        else if (token != JsonTokenType.Number || !Utf8Parser.TryParse(text, out double time, out _) || !CalendarDay.TryFromUnix(time, timeZone, target))
        {
            return AttributeReason.NotADate;
        }

        payload.Advance(CalendarDay.Length);
        return null;
    }

    private string? ConvertBoolean(ReadOnlySpan<byte> text)
    {
        var isTrue = text.SequenceEqual("1"u8) || Ascii.EqualsIgnoreCase(text, "true"u8);
        if (!isTrue && !text.SequenceEqual("0"u8) && !Ascii.EqualsIgnoreCase(text, "false"u8))
        {
            return AttributeReason.NotABoolean;
        }

        payload.Append(isTrue ? "true"u8 : "false"u8);
        return null;
    }

    private string? ConvertPhone(JsonTokenType token, ReadOnlySpan<byte> text)
    {
        // A point in a text is punctuation; in a JSON number it is not.
        var isWhole = token == JsonTokenType.String || !text.ContainsAnyExceptInRange((byte)'0', (byte)'9');
        if (!isWhole || token is JsonTokenType.True or JsonTokenType.False)
        {
            return AttributeReason.PhoneMalformed;
        }

        Span<char> digits = stackalloc char[PhoneCharacters];
        if (PhoneNumber.Normalise(payload.ToCharacters(text), digits, out var length) is { } reason)
        {
            return AttributeReason.OfPhone(reason);
        }

        payload.Append(digits[..length]);
        return null;
    }

    private void ReadOptions(scoped ref Utf8JsonReader reader, int column, PlanColumn plan, bool isScalar, ReadOnlySpan<byte> text)
    {
        var options = plan.Choices.Values.Count;
        // Options are sent in the account's order, so that the order of a list is no change.
        Span<bool> chosen = options <= 256 ? stackalloc bool[options] : new bool[options];
        var problems = 0;
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                problems += ChooseElement(ref reader, column, plan, chosen);
            }
        }
        else
        {
            problems += isScalar ? Choose(column, plan, text, chosen) : Unknown(column);
        }

        var start = payload.Length;
        for (var i = 0; i < chosen.Length; i++)
        {
            if (chosen[i])
            {
                payload.AppendOption(plan.Choices.Values[i], isFirst: payload.Length == start);
            }
        }

        if (payload.Length > start)
        {
            payload.SetValue(column, start);
        }
        else if (problems > 0)
        {
            payload.SetRefused(column);
        }
        else
        {
            payload.SetEmpty(column);
        }
    }

    private int ChooseElement(scoped ref Utf8JsonReader reader, int column, PlanColumn plan, scoped Span<bool> chosen)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return 0;
            case JsonTokenType.StartArray or JsonTokenType.StartObject:
                reader.Skip();
                return Unknown(column);
            default:
                if (TryGetText(ref reader, out var text))
                {
                    return Choose(column, plan, text, chosen);
                }

                payload.AddProblem(column, AttributeReason.InvalidText);
                return 1;
        }
    }

    private int Choose(int column, PlanColumn plan, ReadOnlySpan<byte> text, scoped Span<bool> chosen)
    {
        if (Trim(text).IsEmpty)
        {
            return 0;
        }

        if (!plan.Choices.TryFind(payload.ToCharacters(text), out var option) && !plan.Choices.TryFind(payload.ToCharacters(Trim(text)), out option))
        {
            return Unknown(column);
        }

        chosen[option] = true;
        return 0;
    }

    private int Unknown(int column)
    {
        payload.AddProblem(column, AttributeReason.UnknownOption);
        return 1;
    }

    /// <summary>A list as its elements with commas between, an object as JSON.</summary>
    private void ReadStructure(scoped ref Utf8JsonReader reader, int column)
    {
        var start = payload.Length;
        var isText = true;
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            isText = AppendJson(ref reader);
        }
        else
        {
            while (isText && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                isText = AppendElement(ref reader, start);
            }
        }

        if (!isText)
        {
            payload.Truncate(start);
            payload.Refuse(column, AttributeReason.InvalidText);
        }
        else if (payload.Length == start)
        {
            payload.SetEmpty(column);
        }
        else
        {
            payload.SetValue(column, start);
        }
    }

    private bool AppendElement(scoped ref Utf8JsonReader reader, int start)
    {
        var isStructure = reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject;
        ReadOnlySpan<byte> text = default;
        if (!isStructure && !TryGetText(ref reader, out text))
        {
            return false;
        }

        if (!isStructure && text.IsEmpty)
        {
            return true;
        }

        if (payload.Length > start)
        {
            payload.Append(","u8);
        }

        if (isStructure)
        {
            return AppendJson(ref reader);
        }

        payload.Append(text);
        return true;
    }

    private bool AppendJson(scoped ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        var value = _json[start..(int)reader.BytesConsumed];
        if (!Utf8.IsValid(value))
        {
            return false;
        }

        payload.Advance(CompactJson.Write(value, payload.Reserve(value.Length)));
        return true;
    }

    /// <summary>The text of a scalar: of a string what it says, of others how they are written. Null is the empty text.</summary>
    private bool TryGetText(scoped ref Utf8JsonReader reader, out ReadOnlySpan<byte> text)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            text = default;
            return true;
        }

        if (reader.TokenType != JsonTokenType.String || !reader.ValueIsEscaped)
        {
            text = reader.ValueSpan;
            return Utf8.IsValid(text);
        }

        var scratch = payload.Scratch(reader.ValueSpan.Length);
        try
        {
            text = scratch[..reader.CopyString(scratch)];
            return true;
        }
        catch (InvalidOperationException)
        {
            // An escape that is half of a surrogate pair, or bytes that are no UTF-8.
            text = default;
            return false;
        }
    }
}
