using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <summary>A saved report.</summary>
/// <param name="ComputedAt">When Mixpanel computed it, as it writes that; null when it does not.</param>
/// <param name="Headers">What the levels of <paramref name="Series"/> stand for.</param>
/// <param name="Series">The numbers. How deep they lie and what stands at the end depends on the report.</param>
/// <param name="DateRange">The time that it is about; undefined when that is not said.</param>
public sealed record InsightsResult(string? ComputedAt, IReadOnlyList<string> Headers, JsonElement Series, JsonElement DateRange);

/// <summary>An event of somebody's activity.</summary>
/// <param name="Event">Its name.</param>
/// <param name="DistinctId">Whose it is, under whichever name Mixpanel wrote that.</param>
/// <param name="Time">When it happened.</param>
/// <param name="Properties">All of its properties; an object.</param>
public sealed record ActivityEvent(string Event, string? DistinctId, DateTimeOffset? Time, JsonElement Properties);
