namespace Sluice.Simulators.Brevo;

/// <summary>The groups of endpoints that share one allowance.</summary>
public enum BrevoBucket
{
    /// <summary>Everything under <c>/contacts</c>: contacts, import, export, lists, folders, attributes, segments.</summary>
    Contacts,

    /// <summary><c>POST /events</c> alone.</summary>
    Events,

    /// <summary><c>POST /orders/status</c> alone.</summary>
    Orders,

    /// <summary><c>GET /smtp/blockedContacts</c>, which shares its allowance with the sending of e-mail.</summary>
    Email,

    /// <summary>Every endpoint that Brevo's table does not name, <c>/events/batch</c>, <c>/processes</c> and <c>/webhooks</c> among them.</summary>
    Other,
}

/// <summary>At most so many calls in any span of this length, wherever it begins.</summary>
/// <param name="Limit">The number of calls.</param>
/// <param name="Span">The length of the window.</param>
public sealed record BrevoWindow(int Limit, TimeSpan Span);

/// <summary>The allowances of one account; several windows of one bucket hold together.</summary>
public sealed record BrevoLimits
{
    /// <summary>What every plan has.</summary>
    public static BrevoLimits General { get; } = new();

    /// <summary>Professional and Enterprise plans.</summary>
    public static BrevoLimits Advanced { get; } = new()
    {
        Contacts = Rate(20),
        Events = Rate(20),
        Email = Rate(2_000),
        Other = Hourly(200),
    };

    /// <summary>The Enterprise add-on. Brevo publishes no number for events there; the tier below it is the floor.</summary>
    public static BrevoLimits Extended { get; } = new()
    {
        Contacts = Rate(60),
        Events = Rate(20),
        Email = Rate(6_000),
        Other = Hourly(600),
    };

    /// <summary>No limit and no rate-limit headers: for bulk preparation, never for a test of a client.</summary>
    public static BrevoLimits None { get; } = new() { Contacts = [], Events = [], Orders = [], Email = [], Other = [] };

    /// <summary>Allowance of <see cref="BrevoBucket.Contacts"/>.</summary>
    public IReadOnlyList<BrevoWindow> Contacts { get; init; } = Rate(10);

    /// <summary>Allowance of <see cref="BrevoBucket.Events"/>.</summary>
    public IReadOnlyList<BrevoWindow> Events { get; init; } = Rate(10);

    /// <summary>Allowance of <see cref="BrevoBucket.Orders"/>. Brevo publishes no number for the higher tiers; that of every plan is the floor.</summary>
    public IReadOnlyList<BrevoWindow> Orders { get; init; } = Rate(5);

    /// <summary>Allowance of <see cref="BrevoBucket.Email"/>.</summary>
    public IReadOnlyList<BrevoWindow> Email { get; init; } = Rate(1_000);

    /// <summary>Allowance of <see cref="BrevoBucket.Other"/>.</summary>
    public IReadOnlyList<BrevoWindow> Other { get; init; } = Hourly(100);

    /// <summary>The windows of one bucket.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <returns>Its windows, empty when it is unlimited.</returns>
    public IReadOnlyList<BrevoWindow> Of(BrevoBucket bucket) => bucket switch
    {
        BrevoBucket.Contacts => Contacts,
        BrevoBucket.Events => Events,
        BrevoBucket.Orders => Orders,
        BrevoBucket.Email => Email,
        _ => Other,
    };

    // Where Brevo names both units the hourly number is the per-second one times 3,600, and both bind.
    private static BrevoWindow[] Rate(int perSecond) =>
        [new(perSecond, TimeSpan.FromSeconds(1)), new(perSecond * 3_600, TimeSpan.FromHours(1))];

    private static BrevoWindow[] Hourly(int perHour) => [new(perHour, TimeSpan.FromHours(1))];
}
