using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <summary>A saved funnel.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
public sealed record MixpanelFunnel(long Id, string Name);

/// <summary>How people go through a saved funnel. Everything that is null is left out.</summary>
/// <param name="FunnelId">The funnel.</param>
/// <param name="From">The first day on which somebody may enter.</param>
/// <param name="To">The last; who entered may finish later.</param>
/// <seealso href="https://developer.mixpanel.com/reference/funnels-query"/>
public sealed record FunnelQuery(long FunnelId, DateOnly From, DateOnly To)
{
    /// <summary>The most segments of an answer.</summary>
    public const int MaxLimit = 10_000;

    /// <summary>How long people have to finish, in <see cref="LengthUnit"/>: 90 days at most. Null for what the funnel was saved with.</summary>
    public int? Length { get; init; }

    /// <summary>The unit of <see cref="Length"/>: a second, a minute, an hour or a day.</summary>
    public MixpanelUnit? LengthUnit { get; init; }

    /// <summary>The days of a bucket, instead of <see cref="Unit"/>. Mixpanel's own default is 1.</summary>
    public int? Interval { get; init; }

    /// <summary>The unit of time: a day, a week or a month.</summary>
    public MixpanelUnit? Unit { get; init; }

    /// <summary>An expression whose values make segments.</summary>
    public string? On { get; init; }

    /// <summary>An expression that the events must meet.</summary>
    public string? Where { get; init; }

    /// <summary>How many segments at most, with <see cref="On"/> only. Mixpanel's own default is 255.</summary>
    public int? Limit { get; init; }

    internal Parameters AddTo(Parameters query)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(To, From);
        if (Limit is < 1 or > MaxLimit)
        {
            throw new ArgumentException($"The limit of a funnel is a number from 1 to {MaxLimit}.");
        }

        if (Unit is not null && Interval is not null)
        {
            throw new ArgumentException("A funnel has a unit or an interval, and not both.");
        }

        if (Length is null != LengthUnit is null)
        {
            throw new ArgumentException("The length of a funnel has a unit, and a unit is that of a length.");
        }

        return query.Add("funnel_id", FunnelId).Add("from_date", From).Add("to_date", To).Add("length", Length).Add("length_unit", LengthUnit)
            .Add("interval", Interval).Add("unit", Unit).Add("on", On).Add("where", Where).Add("limit", Limit);
    }
}

/// <summary>One step of a funnel.</summary>
/// <param name="Event">The event's name; of an event that was defined in Mixpanel its number, like <c>$custom_event:55</c>.</param>
/// <param name="Label">What it is called; the event's name where nothing else is said.</param>
/// <param name="Count">How many people came so far.</param>
/// <param name="StepRatio">Of those of the step before, from 0 to 1.</param>
/// <param name="OverallRatio">Of those who entered, from 0 to 1.</param>
/// <param name="AverageTime">Since the step before; null for the first.</param>
/// <param name="AverageTimeFromStart">Since they entered; null for the first.</param>
public sealed record FunnelStep(
    string Event, string Label, long Count, double? StepRatio, double? OverallRatio, TimeSpan? AverageTime, TimeSpan? AverageTimeFromStart)
{
    internal static FunnelStep Read(JsonElement of)
    {
        var name = of.Text("event") ?? of.Text("goal") ?? "";
        return new FunnelStep(
            name, of.Text("step_label") ?? name, of.Long("count") ?? 0, of.Double("step_conv_ratio"), of.Double("overall_conv_ratio"),
            Seconds(of.Double("avg_time")), Seconds(of.Double("avg_time_from_start")));
    }

    private static TimeSpan? Seconds(double? seconds) => seconds is >= 0 and < 1e9 ? TimeSpan.FromSeconds(seconds.Value) : null;
}

/// <summary>A funnel by time, and by segments.</summary>
/// <param name="Dates">The times, as Mixpanel writes them and in its order.</param>
/// <param name="Steps">By time and segment, the steps; without segments there is one of the name <see cref="Overall"/>.</param>
public sealed record FunnelResult(IReadOnlyList<string> Dates, IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<FunnelStep>>> Steps)
{
    /// <summary>The segment of everybody.</summary>
    public const string Overall = "$overall";
}
