using System.Text.Json.Serialization;

namespace Sluice.Brevo;

/// <summary>The account that an API key belongs to. Every field may be missing.</summary>
/// <remarks>
/// Which tier of rate limits applies is not part of it; see <see cref="BrevoRateLimit"/>. Secrets in the answer (the tracker's key) are
/// not read.
/// </remarks>
/// <seealso href="https://developers.brevo.com/reference/get-account"/>
public sealed record BrevoAccount
{
    /// <summary>The organisation's id, 24 hexadecimal digits.</summary>
    [JsonPropertyName("organization_id")]
    public string? OrganizationId { get; init; }

    /// <summary>The id of the user who created the key.</summary>
    [JsonPropertyName("user_id")]
    public long? UserId { get; init; }

    /// <summary>Whether the account is on an enterprise plan.</summary>
    [JsonPropertyName("enterprise")]
    public bool? IsEnterprise { get; init; }

    /// <summary>The company's name.</summary>
    public string? CompanyName { get; init; }

    /// <summary>The login address of the account. A contact with this address cannot be deleted.</summary>
    public string? Email { get; init; }

    /// <summary>The owner's first name.</summary>
    public string? FirstName { get; init; }

    /// <summary>The owner's last name.</summary>
    public string? LastName { get; init; }

    /// <summary>The company's address.</summary>
    [JsonConverter(typeof(LenientObjectConverter<BrevoAccountAddress>))]
    public BrevoAccountAddress? Address { get; init; }

    /// <summary>What is bought, with credits; empty when not said.</summary>
    [JsonPropertyName("plan")]
    [JsonConverter(typeof(LenientObjectListConverter<BrevoPlan>))]
    public IReadOnlyList<BrevoPlan> Plans { get; init => field = value ?? []; } = [];

    /// <summary>What is bought, by product; empty when not said.</summary>
    [JsonConverter(typeof(LenientObjectListConverter<BrevoPlanVertical>))]
    public IReadOnlyList<BrevoPlanVertical> PlanVerticals { get; init => field = value ?? []; } = [];

    /// <summary>The account's time zone and formats.</summary>
    [JsonConverter(typeof(LenientObjectConverter<BrevoDateTimePreferences>))]
    public BrevoDateTimePreferences? DateTimePreferences { get; init; }

    /// <summary>Names the organisation, not its people.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => $"BrevoAccount {{ OrganizationId = {OrganizationId} }}";
}

/// <summary>The address of an account's company. Every field may be missing.</summary>
public sealed record BrevoAccountAddress
{
    /// <summary>Street and number.</summary>
    public string? Street { get; init; }

    /// <summary>City.</summary>
    public string? City { get; init; }

    /// <summary>Postal code.</summary>
    public string? ZipCode { get; init; }

    /// <summary>The country's name.</summary>
    public string? Country { get; init; }
}

/// <summary>One entry of <see cref="BrevoAccount.Plans"/>. Every field may be missing.</summary>
public sealed record BrevoPlan
{
    /// <summary><c>payAsYouGo</c>, <c>free</c>, <c>subscription</c>, <c>sms</c>; an open set.</summary>
    public string? Type { get; init; }

    /// <summary>Credits left, in units of <see cref="CreditsType"/>.</summary>
    public decimal? Credits { get; init; }

    /// <summary>What a credit is, for example <c>sendLimit</c>.</summary>
    public string? CreditsType { get; init; }

    /// <summary>When the plan's current period began.</summary>
    public DateTimeOffset? StartDate { get; init; }

    /// <summary>When the plan's current period ends.</summary>
    public DateTimeOffset? EndDate { get; init; }
}

/// <summary>One entry of <see cref="BrevoAccount.PlanVerticals"/>. Every field may be missing.</summary>
public sealed record BrevoPlanVertical
{
    /// <summary>The product, for example <c>Marketing</c>.</summary>
    public string? PlanCategory { get; init; }

    /// <summary>The kind of plan, for example <c>free</c>.</summary>
    public string? PlanType { get; init; }

    /// <summary>The plan's name.</summary>
    public string? Name { get; init; }

    /// <summary>For example <c>active</c>.</summary>
    public string? Status { get; init; }
}

/// <summary>How an account shows times. Every field may be missing.</summary>
public sealed record BrevoDateTimePreferences
{
    /// <summary>An IANA name, for example <c>Europe/Paris</c>.</summary>
    public string? Timezone { get; init; }

    /// <summary><c>12</c> or <c>24</c>.</summary>
    public string? TimeFormat { get; init; }

    /// <summary>For example <c>dd-mm-yyyy</c>.</summary>
    public string? DateFormat { get; init; }
}
