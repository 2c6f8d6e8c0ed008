namespace Sluice.Mixpanel.Cohorts;

/// <summary>The keys of a member that mean more than "a property of that name".</summary>
internal enum MemberKey
{
    Other,
    MixpanelDistinctId,
    DistinctId,
    Email,
    ProfileEmail,
    FirstName,
    ProfileFirstName,
    LastName,
    ProfileLastName,
    PhoneNumber,
    Phone,
    ProfilePhone,
    PartnerUserId,
    ProfilePartnerUserId,
}

/// <summary>
/// A profile property that the webhook also sends under friendlier keys. The keys are in the order in which they win.
/// </summary>
internal sealed record FriendlyProperty(byte[] ProfileName, params MemberKey[] Keys);

internal static class MemberKeys
{
    public const int Count = (int)MemberKey.ProfilePartnerUserId + 1;

    public static readonly FriendlyProperty Email = new("$email"u8.ToArray(), MemberKey.Email, MemberKey.ProfileEmail);

    public static readonly FriendlyProperty Phone =
        new("$phone"u8.ToArray(), MemberKey.PhoneNumber, MemberKey.Phone, MemberKey.ProfilePhone);

    public static readonly FriendlyProperty[] Friendly =
    [
        Email,
        new("$first_name"u8.ToArray(), MemberKey.FirstName, MemberKey.ProfileFirstName),
        new("$last_name"u8.ToArray(), MemberKey.LastName, MemberKey.ProfileLastName),
        Phone,
        new("$partner_user_id"u8.ToArray(), MemberKey.PartnerUserId, MemberKey.ProfilePartnerUserId),
    ];

    /// <summary>Finds the meaning of a key, given as it stands between its quotes.</summary>
    public static MemberKey Find(ReadOnlySpan<byte> name) => name.Length switch
    {
        5 when name.SequenceEqual("email"u8) => MemberKey.Email,
        5 when name.SequenceEqual("phone"u8) => MemberKey.Phone,
        6 when name.SequenceEqual("$email"u8) => MemberKey.ProfileEmail,
        6 when name.SequenceEqual("$phone"u8) => MemberKey.ProfilePhone,
        9 when name.SequenceEqual("last_name"u8) => MemberKey.LastName,
        10 when name.SequenceEqual("first_name"u8) => MemberKey.FirstName,
        10 when name.SequenceEqual("$last_name"u8) => MemberKey.ProfileLastName,
        11 when name.SequenceEqual("$first_name"u8) => MemberKey.ProfileFirstName,
        12 when name.SequenceEqual("phone_number"u8) => MemberKey.PhoneNumber,
        12 when name.SequenceEqual("$distinct_id"u8) => MemberKey.DistinctId,
        15 when name.SequenceEqual("partner_user_id"u8) => MemberKey.PartnerUserId,
        16 when name.SequenceEqual("$partner_user_id"u8) => MemberKey.ProfilePartnerUserId,
        20 when name.SequenceEqual("mixpanel_distinct_id"u8) => MemberKey.MixpanelDistinctId,
        _ => MemberKey.Other,
    };

    /// <summary>The friendly property that a key belongs to, or null.</summary>
    public static FriendlyProperty? Property(MemberKey key) =>
        Array.Find(Friendly, property => property.Keys.Contains(key));
}
