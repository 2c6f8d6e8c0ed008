using Sluice.Core.Delivery;

namespace Sluice.Configuration;

/// <summary>One entry of <c>connectors.mixpanel.lists</c>.</summary>
/// <param name="Source">Who belongs in the list.</param>
/// <param name="ListId">Brevo's number of the list.</param>
/// <param name="Mode">What Sluice may do to it. Default: <see cref="ListMode.Mirror"/>. The same for every entry with this list.</param>
/// <param name="MaxRemoval">Share of the list, 0 to 1, that may leave within 24 hours without a person's word. Null: <see cref="BrevoConnectorSettings.MaxRemoval"/>.</param>
public sealed record ListSettings(ListSource Source, long ListId, ListMode Mode, double? MaxRemoval);

/// <summary>The key of an entry of <c>lists</c>.</summary>
public abstract record ListSource
{
    private ListSource()
    {
    }

    /// <summary><c>all_users</c>: every person with at least one property.</summary>
    public sealed record AllUsers : ListSource;

    /// <summary>Digits: the user group of this Mixpanel cohort.</summary>
    /// <param name="CohortId">Mixpanel's number of the cohort, at least 1.</param>
    public sealed record Cohort(long CohortId) : ListSource;

    /// <summary>Anything else: a user group or audience, by exact name or by slug.</summary>
    /// <param name="NameOrSlug">As written.</param>
    public sealed record Named(string NameOrSlug) : ListSource;
}
