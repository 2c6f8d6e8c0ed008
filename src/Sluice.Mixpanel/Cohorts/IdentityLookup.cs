using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Cohorts;

/// <summary>
/// Finds the id of a member: the configured property, then <c>mixpanel_distinct_id</c>, then <c>$distinct_id</c>; the
/// first that is a number or a text of at least one character.
/// </summary>
internal sealed class IdentityLookup
{
    private readonly MemberKey _key;
    private readonly FriendlyProperty? _friendly;
    private readonly byte[] _name = [];

    public IdentityLookup(string? property)
    {
        if (property is null)
        {
            return;
        }

        var plain = Encoding.UTF8.GetBytes(property);
        _key = MemberKeys.Find(plain);
        _friendly = MemberKeys.Property(_key);

        // Names in a member are compared as they stand in its JSON, so this one is brought into the same form.
        var escaped = JsonEncodedText.Encode(property, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes.ToArray();
        _name = escaped[..JsonEscapes.Normalise(escaped, out _)];
    }

    /// <summary>The id as it stands in the JSON without its quotes; empty when the member has none.</summary>
    public ReadOnlySpan<byte> Find(ReadOnlySpan<byte> json, MemberScanner member)
    {
        var id = CompactJson.TextOrNumber(Configured(json, member).Of(json));
        id = id.IsEmpty ? CompactJson.TextOrNumber(member.WellKnown(MemberKey.MixpanelDistinctId).Of(json)) : id;
        return id.IsEmpty ? CompactJson.TextOrNumber(member.WellKnown(MemberKey.DistinctId).Of(json)) : id;
    }

    private Slice Configured(ReadOnlySpan<byte> json, MemberScanner member)
    {
        if (_friendly is not null)
        {
            return member.Friendly(json, _friendly);
        }

        return _key == MemberKey.Other && _name.Length > 0 ? member.Others.Find(json, _name) : member.WellKnown(_key);
    }
}
