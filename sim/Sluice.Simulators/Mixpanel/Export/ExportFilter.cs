using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query;
using Sluice.Simulators.Mixpanel.Query.Expressions;

namespace Sluice.Simulators.Mixpanel.Export;

/// <summary>How the times of an export look: seconds or milliseconds, of UTC or, in an old project, of its own wall clock.</summary>
internal sealed record ExportForm(bool InMs, ProjectZone? Local)
{
    public long Time(long timeMs)
    {
        var shown = timeMs + (Local?.OffsetMs(timeMs) ?? 0);
        return InMs ? shown : Math.DivRem(shown, 1_000) is var (seconds, rest) && rest < 0 ? seconds - 1 : shown / 1_000;
    }
}

/// <summary>Which events an export gives: those of some names that a <c>where</c> keeps.</summary>
internal sealed class ExportFilter(ProjectState project, IReadOnlyList<string>? events, Expression? where)
{
    private readonly HashSet<string>? _events = events is null ? null : new HashSet<string>(events, StringComparer.Ordinal);

    /// <summary>Whether it keeps everything.</summary>
    public bool IsOpen => _events is null && where is null;

    public bool Names(string name) => _events?.Contains(name) != false;

    /// <summary>Whether the <c>where</c> keeps an event of these properties, in JSON.</summary>
    public bool Keeps(string name, long timeMs, string distinctId, ReadOnlySpan<byte> properties)
    {
        if (where is null)
        {
            return true;
        }

        var tree = (JsonObject)JsonNode.Parse(properties)!;
        try
        {
            return where.Keeps(new ExpressionScope(Read));
        }
        catch (ExpressionException)
        {
            // The answer has begun: a record that the expression does not fit is left out.
            return false;
        }

        ExpressionValue Read(string source, string property) => (source, property) switch
        {
            ("properties" or "event", "time" or "$time") => ExpressionValue.Time(timeMs),
            ("event", "$event_name") => ExpressionValue.Of(name),
            ("properties" or "event", "distinct_id" or "$distinct_id") => ExpressionValue.Of(distinctId),
            ("user", _) => project.Profiles.Find(distinctId) is { } profile ? ExpressionValue.Of(profile, property) : ExpressionValue.Undefined,
            _ => ExpressionValue.Of(tree, property),
        };
    }
}
