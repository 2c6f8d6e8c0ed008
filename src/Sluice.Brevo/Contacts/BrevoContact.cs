using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sluice.Brevo;

/// <summary>A contact, as read.</summary>
/// <seealso href="https://developers.brevo.com/reference/get-contact-info"/>
public sealed record BrevoContact
{
    private const string SyntheticDomain = "@mailin-sms.com";

    /// <summary>Brevo's own id: the only identifier that no two contacts share. 0 when the answer had none.</summary>
    public long Id { get; init; }

    /// <summary>The address, in lower case; null for some contacts without one. See <see cref="HasSyntheticEmail"/>.</summary>
    public string? Email { get; init; }

    /// <summary>
    /// Whether the contact gets no marketing e-mail. Null when the answer did not say, which must not be taken for false.
    /// </summary>
    public bool? EmailBlacklisted { get; init; }

    /// <summary>Whether the contact gets no marketing SMS. Null when the answer did not say, which must not be taken for false.</summary>
    public bool? SmsBlacklisted { get; init; }

    /// <summary>Whether the contact gets no WhatsApp messages. Null when the answer did not say.</summary>
    public bool? WhatsappBlacklisted { get; init; }

    /// <summary>When the contact was created.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When the contact last changed.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>The lists that the contact is in; empty when not said.</summary>
    public IReadOnlyList<long> ListIds { get; init => field = value ?? []; } = [];

    /// <summary>
    /// The lists that the contact unsubscribed from; empty when none or when the account does not have this per list. Never add the
    /// contact to these.
    /// </summary>
    public IReadOnlyList<long> ListUnsubscribed { get; init => field = value ?? []; } = [];

    /// <summary>The attributes' values by name, as they stand in the answer; empty when not said.</summary>
    public IReadOnlyDictionary<string, JsonElement> Attributes { get; init => field = value ?? Nothing; } = Nothing;

    /// <summary>Consent by topic, in accounts with that feature; empty otherwise.</summary>
    [JsonConverter(typeof(LenientObjectListConverter<BrevoConsent>))]
    public IReadOnlyList<BrevoConsent> ConsentGroups { get; init => field = value ?? []; } = [];

    /// <summary>The attribute <c>EXT_ID</c> as a text, or null when the contact has none.</summary>
    [JsonIgnore]
    public string? ExternalId =>
        Attributes.TryGetValue(BrevoAttributeNames.ExternalId, out var value) && LenientText.Of(value) is { Length: > 0 } text ? text : null;

    /// <summary>
    /// Whether the address was made up by Brevo for a contact that only has a phone number (<c>33612345678@mailin-sms.com</c>).
    /// </summary>
    [JsonIgnore]
    public bool HasSyntheticEmail =>
        Email is { } email
        && email.EndsWith(SyntheticDomain, StringComparison.OrdinalIgnoreCase)
        && email.Length > SyntheticDomain.Length
        && email.AsSpan(0, email.Length - SyntheticDomain.Length).IndexOfAnyExceptInRange('0', '9') < 0;

    private static IReadOnlyDictionary<string, JsonElement> Nothing { get; } = new Dictionary<string, JsonElement>();

    /// <summary>Names the id, not the person.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => $"BrevoContact {Id}";
}

/// <summary>A contact's consent to one topic.</summary>
public sealed record BrevoConsent
{
    /// <summary>The topic's id; 0 when the answer had none.</summary>
    public long Id { get; init; }

    /// <summary>For example <c>subscribed</c>; an open set.</summary>
    public string? Status { get; init; }
}
