using System.Text.Json.Nodes;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>What the operations of an update do to a profile. An operation that does not fit the stored value leaves it.</summary>
internal static class ProfileOperations
{
    /// <summary>The profile afterwards, null when it is gone; or the sentence why the update cannot be applied.</summary>
    public static JsonObject? Apply(JsonObject? profile, ProfileUpdate update, MixpanelLimits limits, out string? problem)
    {
        problem = null;
        var result = (JsonObject?)profile?.DeepClone() ?? [];
        foreach (var (operation, value) in update.Operations)
        {
            if (operation == "$delete")
            {
                return null;
            }

            if (value is JsonArray names)
            {
                foreach (var name in names)
                {
                    result.Remove(JsonTree.AsText(name)!);
                }

                continue;
            }

            foreach (var (name, operand) in (JsonObject)PropertyRules.Cut(value, inBytes: true)!)
            {
                Apply(result, operation, name, operand);
                if (PropertyRules.Problem(result[name], limits, limits.MaxProfileValueBytes) is { } large)
                {
                    problem = $"'{name}' {large}";
                    return profile;
                }
            }
        }

        if (result.Count > limits.MaxProfileProperties && result.Count > (profile?.Count ?? 0))
        {
            problem = $"a profile must not have more than {limits.MaxProfileProperties} properties";
            return profile;
        }

        return result;
    }

    private static void Apply(JsonObject profile, string operation, string name, JsonNode? operand)
    {
        var exists = profile.TryGetPropertyValue(name, out var current);
        switch (operation)
        {
            case "$set":
            case "$set_once" when !exists:
                profile[name] = operand?.DeepClone();
                break;
            case "$add" when !exists || JsonTree.AsNumber(current) is not null:
                profile[name] = Sum(current, operand);
                break;
            case "$append" when !exists || current is JsonArray:
                List(profile, name).Add(operand?.DeepClone());
                break;
            case "$union" when !exists || current is JsonArray:
                var list = List(profile, name);
                foreach (var item in operand as JsonArray ?? [operand?.DeepClone()])
                {
                    if (!list.Any(known => JsonNode.DeepEquals(known, item)))
                    {
                        list.Add(item?.DeepClone());
                    }
                }

                break;
            case "$remove" when current is JsonArray items:
                for (var i = items.Count - 1; i >= 0; i--)
                {
                    if (JsonNode.DeepEquals(items[i], operand))
                    {
                        items.RemoveAt(i);
                    }
                }

                break;
        }
    }

    private static JsonArray List(JsonObject profile, string name)
    {
        if (profile[name] is not JsonArray list)
        {
            list = [];
            profile[name] = list;
        }

        return list;
    }

    // Whole numbers stay whole.
    private static JsonValue Sum(JsonNode? current, JsonNode? amount)
    {
        if (long.TryParse(current?.ToJsonString() ?? "0", out var left) && long.TryParse(amount!.ToJsonString(), out var right)
            && Math.Sign(left + right) == Math.Sign((double)left + right))
        {
            return JsonValue.Create(left + right);
        }

        return JsonValue.Create((JsonTree.AsNumber(current) ?? 0) + JsonTree.AsNumber(amount)!.Value);
    }
}
