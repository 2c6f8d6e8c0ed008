namespace Sluice.Mixpanel.Ingestion.Events;

/// <summary>What an <see cref="EventParser"/> accepts. A new instance follows <c>/import</c> in a simplified project.</summary>
public sealed record EventParserOptions
{
    /// <summary>Whose rules hold.</summary>
    public EventRules Rules { get; init; } = EventRules.Import;

    /// <summary>How the project tells which ids are one person.</summary>
    public IdentityMode Identity { get; init; } = IdentityMode.Simplified;

    /// <summary>Whether an imported event without an insert id fails. The forms of older clients carry none.</summary>
    /// <value>Default true.</value>
    public bool RequiresInsertId { get; init; } = true;

    /// <summary>Whether <c>$merge</c> may join two ids: only who has the project's credentials may, and only by <c>/import</c>.</summary>
    /// <value>Default true.</value>
    public bool AllowsMerge { get; init; } = true;

    /// <summary>How much a body and a record may hold.</summary>
    public IngestionLimits Limits { get; init; } = IngestionLimits.Events;

    /// <summary>The earliest time of an event.</summary>
    /// <value>Default 1971-01-01, Mixpanel's.</value>
    public DateTimeOffset Earliest { get; init; } = new(1971, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How far ahead of now the time of an imported event may be. It then becomes now.</summary>
    /// <value>Default one hour, Mixpanel's. A tracked event with an insert id may be no further ahead; one without it then happens now.</value>
    public TimeSpan MaxAhead { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How old a tracked event may be before it counts as <see cref="EventBatch.Late"/>.</summary>
    /// <value>Default 5 days, Mixpanel's.</value>
    public TimeSpan TrackWindow { get; init; } = TimeSpan.FromDays(5);

    /// <summary>The distinct id of tracked events that were sent without any.</summary>
    /// <value>Default empty: nobody. With <c>ip=1</c> Mixpanel takes a hash of the request's IP address.</value>
    public string DistinctIdWhenMissing { get; init; } = "";

    /// <summary>Whether the body is a part of a file, one record a line, of which nothing fails as a whole.</summary>
    /// <value>Default false: a request of which no line can be read, or with identity events in a simplified project, fails as at Mixpanel.</value>
    public bool FailsOneByOne { get; init; }

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Limits);
        ArgumentNullException.ThrowIfNull(DistinctIdWhenMissing);
        Limits.Validate();
    }
}
