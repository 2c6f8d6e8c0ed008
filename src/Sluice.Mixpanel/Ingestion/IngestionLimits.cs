namespace Sluice.Mixpanel.Ingestion;

/// <summary>How much one request and one record may hold. <see cref="Events"/> and <see cref="Profiles"/> are Mixpanel's.</summary>
public sealed record IngestionLimits
{
    /// <summary>What Mixpanel documents for events.</summary>
    public static IngestionLimits Events { get; } = new();

    /// <summary>What Mixpanel documents for updates of user profiles and group profiles.</summary>
    public static IngestionLimits Profiles { get; } = new()
    {
        MaxProperties = 2_000,
        MaxContainerBytes = 256 * 1024,
        MaxElements = 256 * 1024,
        MaxDepth = 32,
    };

    /// <summary>The most records of a body; one more fails the body.</summary>
    /// <value>Records; default 2,000.</value>
    public int MaxRecords { get; init; } = 2_000;

    /// <summary>The largest record, white space included.</summary>
    /// <value>Bytes; default 1 MiB.</value>
    public int MaxRecordBytes { get; init; } = 1024 * 1024;

    /// <summary>The most properties of a record.</summary>
    /// <value>Properties; default 255 (profiles: 2,000).</value>
    public int MaxProperties { get; init; } = 255;

    /// <summary>The longest name of an event or a property; longer ones are cut.</summary>
    /// <value>UTF-16 characters; default 255.</value>
    public int MaxNameCharacters { get; init; } = 255;

    /// <summary>The longest text that is the value of a property; longer ones are cut.</summary>
    /// <value>
    /// UTF-16 characters; default 255. Mixpanel's pages disagree whether it counts characters or bytes: characters lose less.
    /// Texts inside lists and objects stay whole, because those have a limit of their own.
    /// </value>
    public int MaxTextCharacters { get; init; } = 255;

    /// <summary>The largest list or object that is the value of a property.</summary>
    /// <value>Bytes of JSON without white space; default 8 KiB (profiles: 256 KiB).</value>
    public int MaxContainerBytes { get; init; } = 8 * 1024;

    /// <summary>The most elements of a list.</summary>
    /// <value>Elements; default 255 (profiles: as many as there are bytes for).</value>
    public int MaxElements { get; init; } = 255;

    /// <summary>The most keys of an object inside a property.</summary>
    /// <value>Keys; default 255.</value>
    public int MaxKeys { get; init; } = 255;

    /// <summary>The deepest nesting of the value of a property.</summary>
    /// <value>Levels: a text has 0, a list of texts 1; default 3 (profiles, for which nothing is documented: 32).</value>
    public int MaxDepth { get; init; } = 3;

    /// <summary>The longest id of a person, a device or a group, and the longest token.</summary>
    /// <value>Bytes of UTF-8; default 255. An id is never cut: two people could become one.</value>
    public int MaxIdBytes { get; init; } = 255;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxRecords);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxRecordBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxProperties);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxNameCharacters);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxTextCharacters);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxContainerBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxElements);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxKeys);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxDepth);

        // Writing a value follows its nesting on the stack.
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxDepth, 200);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxIdBytes);
    }
}
