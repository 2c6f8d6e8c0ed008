namespace Sluice.Brevo;

/// <summary>One page of a longer listing.</summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="Items">The items of this page, in the order of the answer; empty after the last page.</param>
/// <param name="Count">How many items there are in all pages together, or null when the answer did not say.</param>
public sealed record BrevoPage<T>(IReadOnlyList<T> Items, long? Count)
{
    /// <summary>Names the sizes, not the items.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() =>
        $"{Items.Count} of {(Count is { } count ? count.ToString(System.Globalization.CultureInfo.InvariantCulture) : "?")}";
}
