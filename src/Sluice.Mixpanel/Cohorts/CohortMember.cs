using System.Text;

namespace Sluice.Mixpanel.Cohorts;

/// <summary>One member of a cohort page. Valid until its <see cref="CohortWebhookPage"/> is disposed.</summary>
public readonly struct CohortMember
{
    private readonly MemberStore _store;
    private readonly int _index;

    internal CohortMember(MemberStore store, int index)
    {
        _store = store;
        _index = index;
    }

    /// <summary>The id of the member as sent; a number keeps its digits. Never empty; made once and kept.</summary>
    /// <exception cref="ObjectDisposedException">The page was disposed.</exception>
    public string DistinctId => _store.DistinctId(_index);

    /// <summary>The id of the member as UTF-8.</summary>
    /// <exception cref="ObjectDisposedException">The page was disposed.</exception>
    public ReadOnlyMemory<byte> DistinctIdUtf8 => _store.DistinctIdUtf8(_index);

    /// <summary>The member's properties: one JSON object as UTF-8 without white space.</summary>
    /// <value>
    /// Names are those of Mixpanel's profiles: <c>email</c> stands here as <c>$email</c>, <c>first_name</c> as
    /// <c>$first_name</c>, <c>last_name</c> as <c>$last_name</c>, <c>phone_number</c> and <c>phone</c> as <c>$phone</c>,
    /// <c>partner_user_id</c> as <c>$partner_user_id</c>. Every name occurs once. Values keep their JSON type; text is
    /// escaped only where JSON demands it. Distinct ids are not properties.
    /// </value>
    /// <exception cref="ObjectDisposedException">The page was disposed.</exception>
    public ReadOnlyMemory<byte> Properties => _store.Properties(_index);

    /// <summary>The e-mail as UTF-8, exactly as sent; empty when the member has none.</summary>
    /// <exception cref="ObjectDisposedException">The page was disposed.</exception>
    public ReadOnlyMemory<byte> EmailUtf8 => _store.Email(_index);

    /// <summary>The e-mail exactly as sent; null when the member has none. Made anew at each call.</summary>
    /// <exception cref="ObjectDisposedException">The page was disposed.</exception>
    public string? Email => Text(EmailUtf8);

    /// <summary>The phone number as UTF-8, exactly as sent; empty when the member has none.</summary>
    /// <exception cref="ObjectDisposedException">The page was disposed.</exception>
    public ReadOnlyMemory<byte> PhoneUtf8 => _store.Phone(_index);

    /// <summary>The phone number exactly as sent; null when the member has none. Made anew at each call.</summary>
    /// <exception cref="ObjectDisposedException">The page was disposed.</exception>
    public string? Phone => Text(PhoneUtf8);

    private static string? Text(ReadOnlyMemory<byte> utf8) => utf8.IsEmpty ? null : Encoding.UTF8.GetString(utf8.Span);
}
