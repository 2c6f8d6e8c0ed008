namespace Sluice.Mixpanel.Client;

/// <summary>Counts by segment and time.</summary>
/// <param name="Series">The times, as Mixpanel writes them and in its order, which is not always that of time.</param>
/// <param name="Values">
/// By segment, the count of each time. The segments are the values of <c>on</c>, ranges like <c>2,000 - 2,100</c> of a numeric segmentation, or the event itself. A time that is
/// missing has 0.
/// </param>
public sealed record SegmentationResult(IReadOnlyList<string> Series, IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Values);
