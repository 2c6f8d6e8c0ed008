using System.Text;
using System.Text.Json.Nodes;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>Stores valid events: identity, place, what the server adds, and the limit of a hot shard.</summary>
internal sealed class EventIntake(World world, string endpoint)
{
    private const long MsPerDay = 24L * 60 * 60 * 1000;

    private static readonly string[] IdProperties = ["$identified_id", "$anon_id", "distinct_id", "alias"];

    /// <summary>Adds an event; false when it is answered as good and lost all the same.</summary>
    public bool Add(ProjectState project, EventRecord record, string? callerAddress)
    {
        var properties = record.Properties;
        if (properties["$ignore"] is { } ignore && (JsonTree.IsTrue(ignore) || JsonTree.AsText(ignore) is { Length: > 0 }))
        {
            project.Lose("$ignore");
            return false;
        }

        if (project.Schemas.Drops(record.Name))
        {
            project.Lose("dropped by its schema");
            return false;
        }

        if (project.Settings.Identity == MixpanelIdentityMode.Simplified && IdentityBook.IsVerb(record.Name))
        {
            project.Lose("identity event in a simplified project");
            return false;
        }

        var id = project.Identity.Resolve(record.Name, properties);
        Learn(project, record);
        world.Geo.Locate(properties, callerAddress);
        var insertId = JsonTree.AsId(properties["$insert_id"]);
        Complete(project, record, id, insertId ??= MadeUp(project), record.Bytes);
        var stored = (JsonObject)PropertyRules.Cut(properties, inBytes: false)!;
        var name = record.Name;
        if (IsHot(project, id, record.TimeMs))
        {
            stored["mp_original_event_name"] = name;
            stored["mp_original_distinct_id"] = id;
            stored["distinct_id"] = id = "";
            name = "$hotshard_events";
        }

        project.Events.Add(endpoint, name, record.TimeMs, id, insertId, record.HasInsertId, stored, world.Now);
        return true;
    }

    // Profiles of ids that become one person become one profile.
    private void Learn(ProjectState project, EventRecord record)
    {
        List<string> before = [];
        if (IdentityBook.IsVerb(record.Name))
        {
            var named = IdProperties.Select(name => record.Properties[name])
                .Concat(record.Properties["$distinct_ids"] as JsonArray ?? []);
            before = [.. named.Select(JsonTree.AsId).OfType<string>().Select(project.Identity.Canonical).Distinct(StringComparer.Ordinal)];
        }

        project.Identity.Learn(endpoint, record.Name, record.Properties);
        foreach (var id in before.Where(id => project.Identity.Canonical(id) != id))
        {
            project.Profiles.Fold(id, project.Identity.Canonical(id), world.Now);
        }
    }

    private void Complete(ProjectState project, EventRecord record, string id, string insertId, int bytes)
    {
        var properties = record.Properties;
        var now = world.Now.ToUnixTimeMilliseconds();
        properties.Remove("token");
        properties["time"] = record.TimeMs;
        properties["distinct_id"] = id;
        properties["$insert_id"] = insertId;
        if (endpoint == "/import")
        {
            properties["$import"] = true;
        }

        properties["$mp_api_endpoint"] = project.Settings.Residency switch
        {
            MixpanelResidency.EU => "api-eu.mixpanel.com",
            MixpanelResidency.IN => "api-in.mixpanel.com",
            _ => "api.mixpanel.com",
        };
        properties["$mp_api_timestamp_ms"] = now;
        properties["mp_processing_time_ms"] = now;
        properties["$mp_event_size"] = bytes;
    }

    private bool IsHot(ProjectState project, string id, long timeMs)
    {
        if (id.Length == 0)
        {
            return false;
        }

        var key = (id, timeMs / MsPerDay);
        var count = project.EventsByIdAndDay.GetValueOrDefault(key) + 1;
        project.EventsByIdAndDay[key] = count;
        return count > world.Limits.MaxEventsPerIdAndDay;
    }

    // Unlike every other one, so that the event is never taken for a copy.
    private static string MadeUp(ProjectState project) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(
            Encoding.UTF8.GetBytes($"{project.Settings.Id}/{project.Events.Count}")))[..32];
}
