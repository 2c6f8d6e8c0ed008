using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>An event that passed validation.</summary>
internal sealed record EventRecord(string Name, JsonObject Properties, long TimeMs, bool HasInsertId, int Bytes);

/// <summary>A record that did not.</summary>
internal sealed record RecordFailure(int Index, string Id, string Field, string Message);

/// <summary>The rules that an event is measured by: those of <c>/import</c>, or the few of <c>/track</c>.</summary>
internal sealed class EventRules(MixpanelLimits limits, DateTimeOffset now, bool import, bool simplified = false, bool insertIdRequired = true)
{
    private const int LongestInsertId = 36;

    // Above it a number of seconds would be in the year 2286, a number of milliseconds in April 1970.
    private const double FirstMilliseconds = 10_000_000_000;

    private static readonly DateTimeOffset Earliest = new(1971, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly HashSet<string> BadIds = new(StringComparer.OrdinalIgnoreCase)
    {
        "00000000-0000-0000-0000-000000000000", "anon", "anonymous", "nil", "none", "null", "n/a", "na", "undefined", "unknown",
        "<nil>", "0", "-1", "true", "false", "[]", "{}",
    };

    /// <summary>Checks one record. Of several faults the first is reported.</summary>
    public EventRecord? Check(int index, JsonElement? raw, out RecordFailure failure)
    {
        failure = new RecordFailure(index, "", "", "");
        if (raw is not { ValueKind: JsonValueKind.Object } element)
        {
            failure = failure with { Message = "record must be a JSON object" };
            return null;
        }

        string? invalid = null;
        var record = (JsonObject)JsonTree.Build(element, "", ref invalid)!;
        var sent = record["properties"];
        var properties = sent as JsonObject ?? [];
        var insertId = JsonTree.AsId(properties["$insert_id"]);
        failure = failure with { Id = insertId ?? "" };
        var name = JsonTree.AsText(record["event"]);
        if (string.IsNullOrWhiteSpace(name))
        {
            failure = failure with { Field = "event", Message = "'event' must not be missing or blank" };
            return null;
        }

        var isVerb = IdentityBook.IsVerb(name);
        var time = Time(properties["time"], out var timeProblem);
        var problem =
            sent is not (null or JsonObject) ? ("properties", "'properties' must be an object")
            : timeProblem is not null && !(isVerb && properties["time"] is null) ? Wrong("time", timeProblem)
            : DistinctIdProblem(properties, isVerb) is { } id ? Wrong("distinct_id", id)
            : InsertIdProblem(insertId, isVerb) is { } insert ? Wrong("$insert_id", insert)
            : invalid is not null ? (invalid, $"{invalid} is invalid: string should be valid utf8")
            : JsonTree.Bytes(element) >= limits.MaxRecordBytes ? ("", $"event must be smaller than {limits.MaxRecordBytes} bytes")
            : properties.Count >= limits.MaxEventProperties
                ? ("properties", $"'properties' must have fewer than {limits.MaxEventProperties} entries")
            : PropertyRules.Check(properties, limits, limits.MaxEventValueBytes) is { } large ? Wrong(large.Name, large.Message)
            : ((string, string)?)null;
        if (problem is var (field, message))
        {
            failure = failure with { Field = field, Message = message };
            return null;
        }

        return new EventRecord(name, properties, time, insertId is not null, JsonTree.Bytes(element));
    }

    private static (string, string) Wrong(string name, string message) => ($"properties.{name}", $"'properties.{name}' is invalid: {message}");

    private long Time(JsonNode? value, out string? problem)
    {
        problem = null;
        if (value is null)
        {
            problem = import ? "must not be missing" : null;
            return now.ToUnixTimeMilliseconds();
        }

        if (JsonTree.AsNumber(value) is not { } number)
        {
            problem = "must be specified as seconds since epoch";
            return 0;
        }

        var ms = Math.Abs(number) >= FirstMilliseconds ? number : number * 1000;
        if (import && (ms < Earliest.ToUnixTimeMilliseconds() || ms > now.AddHours(1).ToUnixTimeMilliseconds()))
        {
            problem = "must lie between 1971-01-01 and one hour from now";
            return 0;
        }

        // What lies in the future but inside of the hour happened now.
        return (long)Math.Clamp(ms, 0, now.ToUnixTimeMilliseconds());
    }

    private string? DistinctIdProblem(JsonObject properties, bool isVerb)
    {
        if (!import)
        {
            return null;
        }

        var id = JsonTree.AsId(properties["distinct_id"]);
        if (simplified)
        {
            id = JsonTree.AsId(properties["$user_id"]) ?? JsonTree.AsId(properties["$device_id"]) ?? id;
        }

        return id is null ? (isVerb && !simplified ? null : "must not be missing")
            : BadIds.Contains(id) ? "must not be a placeholder"
            : null;
    }

    private string? InsertIdProblem(string? id, bool isVerb)
    {
        if (!import)
        {
            return null;
        }

        if (id is null)
        {
            return insertIdRequired && !isVerb ? "must not be missing" : null;
        }

        return id.Length is 0 or > LongestInsertId || !id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
                ? $"must be 1 to {LongestInsertId} letters, digits and hyphens"
            : BadIds.Contains(id) ? "must not be a placeholder"
            : null;
    }
}
