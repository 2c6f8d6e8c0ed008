using System.Text.Json.Nodes;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>Whose id is whose in one project, by the rules of its mode.</summary>
internal sealed class IdentityBook(MixpanelIdentityMode mode, int maxClusterIds)
{
    private const string DevicePrefix = "$device:";

    private readonly IdClusters _clusters = new();
    private readonly Dictionary<string, string> _ownerOfDevice = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _ownerOfAnonymous = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _ownerOfAlias = new(StringComparer.Ordinal);

    public IReadOnlyList<MixpanelClusterView> Clusters => _clusters.Views;

    /// <summary>The three events that are statements about ids.</summary>
    public static bool IsVerb(string eventName) => eventName is "$identify" or "$create_alias" or "$merge";

    public string Canonical(string id) => _clusters.Canonical(id);

    /// <summary>The id that an event's fields resolve to; in simplified mode the fields are completed on the way.</summary>
    public string Resolve(string eventName, JsonObject properties)
    {
        var sent = JsonTree.AsId(properties["distinct_id"]);
        if (mode != MixpanelIdentityMode.Simplified)
        {
            return sent ?? (eventName == "$identify" ? JsonTree.AsId(properties["$identified_id"]) : null) ?? "";
        }

        var user = Filled(properties["$user_id"]);
        var device = Filled(properties["$device_id"]);
        if (device?.StartsWith(DevicePrefix, StringComparison.Ordinal) == true)
        {
            device = device[DevicePrefix.Length..];
            properties["$device_id"] = device;
        }

        if (user is not null)
        {
            return user;
        }

        if (device is not null)
        {
            return DevicePrefix + device;
        }

        if (sent?.StartsWith(DevicePrefix, StringComparison.Ordinal) == true)
        {
            properties["$device_id"] = sent[DevicePrefix.Length..];
        }
        else if (!string.IsNullOrEmpty(sent))
        {
            properties["$user_id"] = sent;
        }

        return sent ?? "";
    }

    /// <summary>
    /// Learns from an accepted event. What breaks a rule is not refused: the event is stored, with the reason on it.
    /// </summary>
    public void Learn(string endpoint, string eventName, JsonObject properties)
    {
        if (mode == MixpanelIdentityMode.Simplified)
        {
            LearnDevice(Filled(properties["$user_id"]), Filled(properties["$device_id"]), properties);
            return;
        }

        var failure = (eventName, mode) switch
        {
            ("$identify", MixpanelIdentityMode.Original) =>
                Identify(Filled(properties["$identified_id"]), Filled(properties["$anon_id"])),
            ("$create_alias", _) => Alias(Filled(properties["distinct_id"]), Filled(properties["alias"])),
            ("$merge", MixpanelIdentityMode.Original) => Merge(endpoint, properties["$distinct_ids"]),
            ("$identify" or "$merge", _) => ("merge_disabled", "The project does not merge ids."),
            _ => ((string, string)?)null,
        };
        if (failure is var (reason, description))
        {
            properties["$failure_reason"] = reason;
            properties["$failure_description"] = description;
        }
    }

    private void LearnDevice(string? user, string? device, JsonObject properties)
    {
        if (user is null || device is null)
        {
            return;
        }

        if (_ownerOfDevice.TryAdd(device, user))
        {
            _clusters.TryMerge(user, DevicePrefix + device, int.MaxValue);
        }
        else if (_ownerOfDevice[device] != user)
        {
            properties["$identity_failure_reason"] = "device_belongs_to_another_user";
        }
    }

    private (string, string)? Identify(string? identified, string? anonymous)
    {
        if (identified is null || anonymous is null)
        {
            return ("missing_id", "Both $identified_id and $anon_id are needed.");
        }

        if (!IsRandomUuid(anonymous))
        {
            return ("anon_id_not_uuid_v4", "Only a random UUID can be identified.");
        }

        if (_ownerOfAnonymous.TryGetValue(anonymous, out var owner) && owner != identified)
        {
            return ("anon_id_already_identified", "The anonymous id belongs to another identified id.");
        }

        if (!_clusters.TryMerge(anonymous, identified, maxClusterIds))
        {
            return TooLarge();
        }

        _ownerOfAnonymous[anonymous] = identified;
        return null;
    }

    private (string, string)? Alias(string? id, string? alias)
    {
        if (id is null || alias is null)
        {
            return ("missing_id", "Both distinct_id and alias are needed.");
        }

        if (_ownerOfAlias.TryGetValue(alias, out var owner) && owner != id)
        {
            return ("alias_already_used", "The alias stands for another id.");
        }

        if (!_clusters.TryMerge(id, alias, mode == MixpanelIdentityMode.Original ? maxClusterIds : int.MaxValue))
        {
            return TooLarge();
        }

        _ownerOfAlias[alias] = id;
        return null;
    }

    private (string, string)? Merge(string endpoint, JsonNode? ids)
    {
        if (endpoint != "/import")
        {
            return ("merge_not_authenticated", "$merge is taken from /import alone.");
        }

        if (ids is not JsonArray { Count: 2 } pair || Filled(pair[0]) is not { } first || Filled(pair[1]) is not { } second)
        {
            return ("not_two_ids", "$distinct_ids must be two ids.");
        }

        return _clusters.TryMerge(first, second, maxClusterIds) ? null : TooLarge();
    }

    private (string, string) TooLarge() => ("cluster_too_large", $"A person has at most {maxClusterIds} ids.");

    private static string? Filled(JsonNode? node) => JsonTree.AsId(node) is { Length: > 0 } id ? id : null;

    private static bool IsRandomUuid(string id) =>
        Guid.TryParseExact(id, "D", out _) && id[14] == '4' && char.ToLowerInvariant(id[19]) is '8' or '9' or 'a' or 'b';
}
