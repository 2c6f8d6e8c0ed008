namespace Sluice.Simulators.Mixpanel;

/// <summary>
/// The parts of a body in which documentation and captures of real calls differ. A new instance follows the documentation.
/// </summary>
public sealed record CohortWireOptions
{
    /// <summary>
    /// Writes <c>page_info</c>. When false it is left out of calls that are the only page of their kind; more pages cannot be told apart
    /// without it.
    /// </summary>
    public bool IncludePageInfo { get; init; } = true;

    /// <summary>Writes <c>total_pages</c> and <c>page_count</c> as strings of digits.</summary>
    public bool PageInfoAsStrings { get; init; }

    /// <summary>An empty session counts zero pages, although one call is made.</summary>
    public bool EmptySessionHasZeroPages { get; init; }

    /// <summary>Writes the description of a cohort that has one.</summary>
    public bool IncludeDescription { get; init; } = true;

    /// <summary>Writes the project's and the cohort's id as numbers.</summary>
    public bool IdsAsNumbers { get; init; }

    /// <summary>The value of the undocumented <c>mixpanel_integration_id</c>; null leaves it out.</summary>
    public string? IntegrationId { get; init; }

    /// <summary>Writes <c>phone_number</c>, which is in the documented sample and not in the documented list.</summary>
    public bool IncludePhoneNumber { get; init; } = true;

    /// <summary>
    /// An exported <c>$email</c> takes the place of <c>email</c>, and likewise for the names and the phone, as a captured call shows. When
    /// false both are written.
    /// </summary>
    public bool RawNamesReplaceFriendlyOnes { get; init; } = true;

    /// <summary>Writes every character outside ASCII as <c>\uXXXX</c>.</summary>
    public bool AsciiOnly { get; init; }
}
