using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>One update of a user or group profile that passed validation.</summary>
internal sealed record ProfileUpdate(JsonObject Record, string Token, string? DistinctId, string? GroupKey, string? GroupId)
{
    // Several operations in one object are applied in this order.
    private static readonly string[] ForUsers =
        ["$set", "$set_once", "$add", "$append", "$union", "$remove", "$unset", "$delete"];

    private static readonly string[] ForGroups = ["$set", "$set_once", "$union", "$remove", "$unset", "$delete"];

    /// <summary>The operations with their values.</summary>
    public IEnumerable<(string Operation, JsonNode? Value)> Operations =>
        ForUsers.Where(Record.ContainsKey).Select(operation => (operation, Record[operation]));

    /// <summary>Whether it sets a property of this name.</summary>
    public bool Names(string property) =>
        (Record["$set"] as JsonObject)?.ContainsKey(property) == true || (Record["$set_once"] as JsonObject)?.ContainsKey(property) == true;

    /// <summary>Checks one record of <c>/engage</c> or <c>/groups</c>. Of several faults the first is reported.</summary>
    public static ProfileUpdate? Check(int index, JsonElement? raw, bool isGroup, MixpanelLimits limits, out RecordFailure failure)
    {
        failure = new RecordFailure(index, "", "", "");
        if (raw is not { ValueKind: JsonValueKind.Object } element)
        {
            failure = failure with { Message = "update must be a JSON object" };
            return null;
        }

        string? invalid = null;
        var record = (JsonObject)JsonTree.Build(element, "", ref invalid)!;
        var token = JsonTree.AsText(record["$token"]);
        var update = isGroup
            ? new ProfileUpdate(record, token ?? "", null, JsonTree.AsText(record["$group_key"]), JsonTree.AsText(record["$group_id"]))
            : new ProfileUpdate(record, token ?? "", JsonTree.AsId(record["$distinct_id"]), null, null);
        failure = failure with { Id = update.DistinctId ?? update.GroupId ?? "" };
        var problem =
            JsonTree.Bytes(element) > limits.MaxRecordBytes ? ("", $"update must not exceed {limits.MaxRecordBytes} bytes")
            : string.IsNullOrEmpty(token) ? Missing("$token")
            : !isGroup && string.IsNullOrEmpty(update.DistinctId) ? Missing("$distinct_id")
            : isGroup && string.IsNullOrEmpty(update.GroupKey) ? Missing("$group_key")
            : isGroup && string.IsNullOrEmpty(update.GroupId) ? Missing("$group_id")
            : invalid is not null ? (invalid, $"{invalid} is invalid: string should be valid utf8")
            : update.Operation(isGroup ? ForGroups : ForUsers);
        if (problem is var (field, message))
        {
            failure = failure with { Field = field, Message = message };
            return null;
        }

        return update;
    }

    private static (string, string) Missing(string field) => (field, $"'{field}' must not be missing or blank");

    private (string, string)? Operation(string[] supported)
    {
        if (ForUsers.FirstOrDefault(operation => Record.ContainsKey(operation) && !supported.Contains(operation)) is { } wrong)
        {
            return (wrong, $"'{wrong}' is not supported for groups");
        }

        var any = false;
        foreach (var (operation, value) in Operations)
        {
            any = true;
            if (Shape(operation, value) is { } message)
            {
                return (operation, $"'{operation}' is invalid: {message}");
            }
        }

        return any ? null : ("", "update has no operation");
    }

    private static string? Shape(string operation, JsonNode? value) => (operation, value) switch
    {
        ("$delete", _) => null,
        ("$unset", JsonArray { Count: > 0 } names) when names.All(name => JsonTree.AsText(name) is not null) => null,
        ("$unset", _) => "must be a list of at least one name",
        (_, not JsonObject) => "must be an object",
        ("$add", JsonObject amounts) when amounts.Any(amount => JsonTree.AsNumber(amount.Value) is null) => "values must be numbers",
        ("$union", JsonObject lists) when !lists.All(list => IsUnion(list.Value)) => "values must be lists of strings or numbers",
        _ => null,
    };

    private static bool IsUnion(JsonNode? value) =>
        value is JsonArray list ? list.Count > 0 && list.All(IsItem) : IsItem(value);

    private static bool IsItem(JsonNode? value) => value?.GetValueKind() is JsonValueKind.String or JsonValueKind.Number;
}
