using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Cohorts;

/// <summary>
/// Walks one member, valid JSON without white space and with escapes in the one form, and says where its ids and
/// properties are and whether they are within the limits. It is reused for all members of a page.
/// </summary>
internal sealed class MemberScanner(CohortWebhookParserOptions options)
{
    private readonly Slice[] _wellKnown = new Slice[MemberKeys.Count];
    private readonly PropertyTable _others = new();

    /// <summary>The first thing that is wrong, as one of <see cref="CohortRejectionReasons"/> and in words, or null.</summary>
    public (string Reason, string Detail)? Problem { get; private set; }

    public PropertyTable Others => _others;

    /// <summary>The value of a key that is known to the webhook; its length is 0 when the member does not have it.</summary>
    public Slice WellKnown(MemberKey key) => _wellKnown[(int)key];

    /// <summary>
    /// The value of a friendly property: the first of its keys that has one. A null gives way to another key's value.
    /// </summary>
    public Slice Friendly(ReadOnlySpan<byte> json, FriendlyProperty property)
    {
        var found = default(Slice);
        foreach (var key in property.Keys)
        {
            var value = WellKnown(key);
            if (value.Length > 0 && json[value.Start] != 'n')
            {
                return value;
            }

            found = found.Length > 0 ? found : value;
        }

        return found;
    }

    public void Scan(ReadOnlySpan<byte> json)
    {
        Problem = null;
        Array.Clear(_wellKnown);
        _others.Clear();
        var at = 1;
        for (var ordinal = 1; json[at] == '"'; ordinal++)
        {
            var name = new Slice(at + 1, CompactJson.TextLength(json, at + 1));
            var start = name.Start + name.Length + 2;
            var key = MemberKeys.Find(name.Of(json));
            CheckName(name.Of(json), ordinal);
            at = ScanValue(json, start, ordinal, isId: key is MemberKey.MixpanelDistinctId or MemberKey.DistinctId);
            var value = new Slice(start, at - start);
            if (key != MemberKey.Other)
            {
                _wellKnown[(int)key] = value;
            }
            else if (!_others.Set(json, name, value, options.MaxProperties))
            {
                TooManyProperties();
            }

            at += json[at] == ',' ? 1 : 0;
        }

        if (_others.Count + CountFriendly() > options.MaxProperties)
        {
            TooManyProperties();
        }
    }

    private int ScanValue(ReadOnlySpan<byte> json, int start, int ordinal, bool isId)
    {
        switch ((char)json[start])
        {
            case '"':
                var length = CompactJson.TextLength(json, start + 1);
                if (!isId && length > options.MaxStringBytes)
                {
                    CheckText(json.Slice(start + 1, length), ordinal);
                }

                return start + length + 2;
            case '{' or '[':
                return ScanContainer(json, start, ordinal);
            default:
                return ScanLiteral(json, start, ordinal);
        }
    }

    private int ScanContainer(ReadOnlySpan<byte> json, int start, int ordinal)
    {
        var depth = 0;
        var deepest = 0;
        var at = start;
        do
        {
            switch ((char)json[at])
            {
                case '"':
                    at += CompactJson.TextLength(json, at + 1) + 2;
                    break;
                case '{' or '[':
                    deepest = Math.Max(deepest, ++depth);
                    at++;
                    break;
                case '}' or ']':
                    depth--;
                    at++;
                    break;
                case ',' or ':':
                    at++;
                    break;
                default:
                    at = ScanLiteral(json, at, ordinal);
                    break;
            }
        }
        while (depth > 0);

        if (deepest > options.MaxPropertyDepth)
        {
            Reject(
                CohortRejectionReasons.TooDeep,
                $"The value of property {ordinal} is nested {deepest} levels deep; {options.MaxPropertyDepth} are taken.");
        }

        if (at - start > options.MaxContainerBytes)
        {
            Reject(
                CohortRejectionReasons.PropertyTooLong,
                $"The list or object of property {ordinal} has {at - start} bytes; {options.MaxContainerBytes} are taken.");
        }

        return at;
    }

    private int ScanLiteral(ReadOnlySpan<byte> json, int start, int ordinal)
    {
        var end = CompactJson.LiteralEnd(json, start);
        if (!CompactJson.IsFiniteLiteral(json[start..end]))
        {
            Reject(CohortRejectionReasons.NumberOutOfRange, $"Property {ordinal} holds a number outside the range of a double.");
        }

        return end;
    }

    private void CheckText(ReadOnlySpan<byte> text, int ordinal)
    {
        var length = JsonEscapes.UnescapedLength(text);
        if (length > options.MaxStringBytes)
        {
            Reject(
                CohortRejectionReasons.PropertyTooLong,
                $"The text of property {ordinal} has {length} bytes; {options.MaxStringBytes} are taken.");
        }
    }

    private void CheckName(ReadOnlySpan<byte> name, int ordinal)
    {
        if (name.Length <= options.MaxPropertyNameCharacters)
        {
            return;
        }

        // Every byte of UTF-8 that does not continue a character begins one.
        var characters = JsonEscapes.UnescapedLength(name);
        foreach (var b in name)
        {
            characters -= (b & 0xC0) == 0x80 ? 1 : 0;
        }

        if (characters > options.MaxPropertyNameCharacters)
        {
            Reject(
                CohortRejectionReasons.PropertyNameTooLong,
                $"The name of property {ordinal} has {characters} characters; {options.MaxPropertyNameCharacters} are taken.");
        }
    }

    private int CountFriendly()
    {
        var count = 0;
        foreach (var property in MemberKeys.Friendly)
        {
            foreach (var key in property.Keys)
            {
                if (WellKnown(key).Length > 0)
                {
                    count++;
                    break;
                }
            }
        }

        return count;
    }

    private void TooManyProperties() =>
        Reject(CohortRejectionReasons.TooManyProperties, $"The member has more than {options.MaxProperties} properties.");

    private void Reject(string reason, string detail) => Problem ??= (reason, detail);
}
