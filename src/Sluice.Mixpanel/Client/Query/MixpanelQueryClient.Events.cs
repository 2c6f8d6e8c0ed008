namespace Sluice.Mixpanel.Client;

public sealed partial class MixpanelQueryClient
{
    /// <summary>Counts several events by time. Costs one query.</summary>
    /// <param name="events">Their names.</param>
    /// <param name="type">What is counted.</param>
    /// <param name="span">Over which time.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>By event, the counts.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    /// <seealso href="https://developer.mixpanel.com/reference/query-api"/>
    public async Task<SegmentationResult> EventsAsync(
        IReadOnlyCollection<string> events, MixpanelCountType type, EventsSpan span, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        ArgumentOutOfRangeException.ThrowIfZero(events.Count);
        ArgumentNullException.ThrowIfNull(span);
        var query = span.AddTo(Query().Add("event", events).Add("type", (MixpanelCountType?)type));
        return Series(await GetAsync("/events", query, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The most frequent events of today. Costs one query.</summary>
    /// <param name="type">What is counted.</param>
    /// <param name="limit">How many at most; Mixpanel's own default is 100.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The events.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public async Task<IReadOnlyList<TopEvent>> TopEventsAsync(MixpanelCountType type, int? limit = null, CancellationToken cancellationToken = default)
    {
        var root = Object(await GetAsync("/events/top", Query().Add("type", (MixpanelCountType?)type).Add("limit", limit), cancellationToken).ConfigureAwait(false));
        return [.. root.Member("events").Items().Select(e => new TopEvent(e.Text("event") ?? "", e.Double("amount") ?? 0, e.Double("percent_change")))];
    }

    /// <summary>The names of the most frequent events, of the last 31 days unless days are given. Costs one query.</summary>
    /// <param name="type">What is counted.</param>
    /// <param name="limit">How many at most; Mixpanel's own default is 255, and it gives no more than 5,000.</param>
    /// <param name="from">The first day.</param>
    /// <param name="to">The last day.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The names.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class; <see cref="MixpanelFailureKind.Forbidden"/> for a day before the plan's history.</exception>
    public async Task<IReadOnlyList<string>> EventNamesAsync(
        MixpanelCountType type, int? limit = null, DateOnly? from = null, DateOnly? to = null, CancellationToken cancellationToken = default)
    {
        var query = Query().Add("type", (MixpanelCountType?)type).Add("limit", limit).Add("from_date", from).Add("to_date", to);
        return [.. List(await GetAsync("/events/names", query, cancellationToken).ConfigureAwait(false), "names").Select(n => n.Text()).OfType<string>()];
    }

    /// <summary>Counts an event by the values of a property. Costs one query.</summary>
    /// <param name="name">The event.</param>
    /// <param name="property">The property.</param>
    /// <param name="type">What is counted.</param>
    /// <param name="span">Over which time.</param>
    /// <param name="values">These values only; null for the most frequent.</param>
    /// <param name="limit">How many values at most; Mixpanel's own default is 255.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>By value, the counts.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public async Task<SegmentationResult> EventPropertyAsync(
        string name, string property, MixpanelCountType type, EventsSpan span, IReadOnlyCollection<string>? values = null, int? limit = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(property);
        ArgumentNullException.ThrowIfNull(span);
        var query = span.AddTo(Query().Add("event", name).Add("name", property).Add("values", values).Add("type", (MixpanelCountType?)type)).Add("limit", limit);
        return Series(await GetAsync("/events/properties", query, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The most frequent properties of an event. Costs one query.</summary>
    /// <param name="name">The event.</param>
    /// <param name="limit">How many at most; Mixpanel's own default is 10.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>By property, how often it was there.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public async Task<IReadOnlyDictionary<string, double>> TopPropertiesAsync(string name, int? limit = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var root = Object(await GetAsync("/events/properties/top", Query().Add("event", name).Add("limit", limit), cancellationToken).ConfigureAwait(false));
        return root.EnumerateObject().Where(p => p.Value.Double("count") is not null).ToDictionary(p => p.Name, p => p.Value.Double("count")!.Value, StringComparer.Ordinal);
    }

    /// <summary>The most frequent values of a property. Costs one query.</summary>
    /// <param name="name">The event.</param>
    /// <param name="property">The property.</param>
    /// <param name="limit">How many at most; Mixpanel's own default is 255.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The values as text.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public async Task<IReadOnlyList<string>> PropertyValuesAsync(string name, string property, int? limit = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(property);
        var query = Query().Add("event", name).Add("name", property).Add("limit", limit);
        return [.. List(await GetAsync("/events/properties/values", query, cancellationToken).ConfigureAwait(false), "values").Select(v => v.Text()).OfType<string>()];
    }
}
