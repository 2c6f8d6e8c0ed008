namespace Sluice.Mixpanel.Cohorts;

/// <summary>What a <see cref="CohortWebhookParser"/> accepts. A new instance holds the recommended values.</summary>
/// <remarks>
/// Mixpanel enforces its own limits before it exports (255 bytes a string, 256 KB a list or object, 2,000 properties a
/// profile). The limits of the members here protect the receiver's memory and storage; they are deliberately wider than
/// Mixpanel's, so that only data that Mixpanel could not have stored runs into them. A member over a limit is set
/// aside among <see cref="CohortWebhookPage.Rejected"/>; only the limits of the page refuse the page.
/// </remarks>
public sealed record CohortWebhookParserOptions
{
    /// <summary>The exported property whose value identifies a member, instead of Mixpanel's distinct id.</summary>
    /// <value>
    /// A property name, either as Mixpanel's profiles spell it (<c>$email</c>) or as the webhook does (<c>email</c>).
    /// Null, the default: <c>mixpanel_distinct_id</c>, then <c>$distinct_id</c>. With a name these two are used for
    /// members that do not have the property. The property itself stays among the member's properties.
    /// </value>
    public string? IdentityProperty { get; init; }

    /// <summary>The most bytes of a body. A longer body fails the page with 413.</summary>
    /// <value>Bytes, after any content encoding was undone; at most 512 MiB, default 32 MiB.</value>
    public long MaxBodyBytes { get; init; } = 32L * 1024 * 1024;

    /// <summary>The most members of a page. More of them fail the page with 413.</summary>
    /// <value>Members, rejected ones included; default 50,000 (Mixpanel documents 1,000 a call).</value>
    public int MaxMembers { get; init; } = 50_000;

    /// <summary>The deepest nesting of a body. A deeper one fails the page with 400.</summary>
    /// <value>Levels, counted from the outermost object as 1; from 4 to 1,000, default 64.</value>
    public int MaxDepth { get; init; } = 64;

    /// <summary>The most bytes of one member, white space included. It also bounds the parser's window.</summary>
    /// <value>Bytes; default 4 MiB.</value>
    public int MaxMemberBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The most properties of one member after the names were made profile names; ids do not count.</summary>
    /// <value>Properties; default 2,000, Mixpanel's limit of a profile.</value>
    public int MaxProperties { get; init; } = 2_000;

    /// <summary>The longest name of a property.</summary>
    /// <value>
    /// Unicode characters; default 255. Mixpanel shortens longer names when it takes data in, so an exported name cannot
    /// be longer. A receiver must not shorten: two names could become one, and a value would be lost unseen.
    /// </value>
    public int MaxPropertyNameCharacters { get; init; } = 255;

    /// <summary>The longest text of a property.</summary>
    /// <value>Bytes of UTF-8 without JSON's escapes; default 64 KiB (Mixpanel's profiles keep 255 bytes).</value>
    public int MaxStringBytes { get; init; } = 64 * 1024;

    /// <summary>The largest list or object that is the value of a property.</summary>
    /// <value>Bytes of JSON without white space; default 256 KiB, Mixpanel's limit.</value>
    public int MaxContainerBytes { get; init; } = 256 * 1024;

    /// <summary>The deepest nesting of the value of a property.</summary>
    /// <value>Levels: a text has 0, a list of texts 1; default 32.</value>
    public int MaxPropertyDepth { get; init; } = 32;

    /// <summary>The longest distinct id.</summary>
    /// <value>Bytes of UTF-8; default 255.</value>
    public int MaxDistinctIdBytes { get; init; } = 255;

    /// <summary>The most bytes that are kept of a rejected member's payload.</summary>
    /// <value>Bytes, after base64 where that is needed; default 64 KiB.</value>
    public int MaxRejectedPayloadBytes { get; init; } = 64 * 1024;

    /// <summary>The size of the window through which a body is read. It grows when one member does not fit.</summary>
    /// <value>Bytes; default 64 KiB.</value>
    public int InitialWindowBytes { get; init; } = 64 * 1024;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxBodyBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxBodyBytes, 512L * 1024 * 1024);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxMembers);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDepth, 4);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxDepth, 1_000);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxMemberBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxProperties);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxPropertyNameCharacters);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxStringBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxContainerBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxPropertyDepth);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxDistinctIdBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxRejectedPayloadBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(InitialWindowBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(InitialWindowBytes, 512 * 1024 * 1024);
        if (IdentityProperty is { Length: 0 })
        {
            throw new ArgumentException(
                "The identity property must have a name; null means Mixpanel's distinct id.", nameof(IdentityProperty));
        }
    }
}
