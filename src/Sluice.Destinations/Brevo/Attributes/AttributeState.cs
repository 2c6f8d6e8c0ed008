namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>What a profile says of one attribute.</summary>
public enum AttributeState
{
    /// <summary>The profile does not have the property.</summary>
    Missing = 0,

    /// <summary>The property is there and says nothing: null, an empty text, an empty list.</summary>
    Empty = 1,

    /// <summary>There is a value that fits.</summary>
    Value = 2,

    /// <summary>There is a value that does not fit. What the contact has stays as it is.</summary>
    Refused = 3,
}
