namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>Which attributes without a value are cleared at the contact.</summary>
public enum ClearScope
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Those that the profile explicitly empties.</summary>
    Emptied = 1,

    /// <summary>
    /// Also those that the profile no longer has. Only for contacts that we filled before: a value that somebody else entered would be
    /// lost.
    /// </summary>
    EmptiedAndMissing = 2,
}
