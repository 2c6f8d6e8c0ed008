using System.Text.Json.Serialization;

namespace Sluice.Brevo;

/// <summary>A contact attribute of the account, as listed.</summary>
/// <seealso href="https://developers.brevo.com/reference/get-attributes"/>
public sealed record BrevoAttributeInfo
{
    /// <summary>The name, usually in capitals; empty when the answer had none.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// <c>normal</c>, <c>transactional</c>, <c>category</c>, <c>calculated</c>, <c>global</c> (see
    /// <see cref="BrevoAttributeCategories"/>); an open set.
    /// </summary>
    public string? Category { get; init; }

    /// <summary>
    /// <c>text</c>, <c>date</c>, <c>float</c>, <c>boolean</c>, <c>id</c>, <c>multiple-choice</c>, <c>user</c> (see
    /// <see cref="BrevoAttributeTypes"/>); an open set.
    /// May be missing on category attributes.
    /// </summary>
    public string? Type { get; init; }

    /// <summary>The choices of a category attribute; empty for others.</summary>
    [JsonConverter(typeof(LenientObjectListConverter<BrevoCategoryOption>))]
    public IReadOnlyList<BrevoCategoryOption> Enumeration { get; init => field = value ?? []; } = [];

    /// <summary>The choices of a multiple-choice attribute; empty for others.</summary>
    public IReadOnlyList<string> MultiCategoryOptions { get; init => field = value ?? []; } = [];

    /// <summary>The formula of a calculated or global attribute, or null.</summary>
    public string? CalculatedValue { get; init; }
}

/// <summary>One choice of a category attribute, as listed.</summary>
public sealed record BrevoCategoryOption
{
    /// <summary>The choice's number; 0 when the account's own key is not a whole number, then <see cref="ValueStr"/> holds it.</summary>
    public long? Value { get; init; }

    /// <summary>The choice's key as a text: what to send as an attribute's value.</summary>
    public string? ValueStr { get; init; }

    /// <summary>The choice's name for people.</summary>
    public string? Label { get; init; }
}
