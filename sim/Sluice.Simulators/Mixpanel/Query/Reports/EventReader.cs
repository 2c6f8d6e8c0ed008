using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query.Expressions;

namespace Sluice.Simulators.Mixpanel.Query.Reports;

/// <summary>An event as a report sees it: once, under the person's canonical id.</summary>
internal sealed class ReportEvent(ProjectState project, MixpanelEventView view)
{
    private JsonObject? _properties;

    public string Name => view.Name;

    public string DistinctId => view.DistinctId;

    public long TimeMs => view.TimeMs;

    public JsonObject Properties => _properties ??= (JsonObject)JsonNode.Parse(view.PropertiesJson)!;

    public ExpressionScope Scope => new(Read);

    private ExpressionValue Read(string source, string name) => (source, name) switch
    {
        ("properties" or "event", "time" or "$time") => ExpressionValue.Time(TimeMs),
        ("event", "$event_name") => ExpressionValue.Of(Name),
        ("properties" or "event", "distinct_id" or "$distinct_id") => ExpressionValue.Of(DistinctId),
        ("properties" or "event", _) => ExpressionValue.Of(Properties, name),
        ("user", _) => project.Profiles.Find(DistinctId) is { } profile ? ExpressionValue.Of(profile, name) : ExpressionValue.Undefined,
        _ => throw new ExpressionException($"{source} is not known of events"),
    };
}

/// <summary>The events that reports are made of.</summary>
internal static class EventReader
{
    /// <summary>Events from a moment to before another, oldest first.</summary>
    public static IReadOnlyList<ReportEvent> All(ProjectState project, long fromMs, long toMs) =>
        [.. project.Events.Query(project.Identity)
            .Where(view => view.TimeMs >= fromMs && view.TimeMs < toMs)
            .OrderBy(view => view.TimeMs)
            .Select(view => new ReportEvent(project, view))];

    /// <summary>Events of whole days of the project.</summary>
    public static IReadOnlyList<ReportEvent> Days(ProjectState project, DateOnly from, DateOnly to) =>
        All(project, project.Zone.StartOf(from), project.Zone.StartOf(to.AddDays(1)));
}
