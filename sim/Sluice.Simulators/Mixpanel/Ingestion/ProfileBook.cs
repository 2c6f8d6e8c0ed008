using System.Text.Json.Nodes;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>A profile as it is now.</summary>
internal sealed record StoredProfile(JsonObject Properties, DateTimeOffset UpdatedAt);

/// <summary>Profiles of users, or of the groups of all keys.</summary>
internal sealed class ProfileBook<TKey>
    where TKey : notnull
{
    private readonly Dictionary<TKey, StoredProfile> _profiles = [];

    public IReadOnlyDictionary<TKey, StoredProfile> All => _profiles;

    public JsonObject? Find(TKey key) => _profiles.GetValueOrDefault(key)?.Properties;

    /// <summary>Writes a profile, or deletes it when there is nothing left of it.</summary>
    public void Put(TKey key, JsonObject? properties, DateTimeOffset now)
    {
        if (properties is null)
        {
            _profiles.Remove(key);
        }
        else
        {
            _profiles[key] = new StoredProfile(properties, now);
        }
    }

    /// <summary>Two became one: what the remaining profile does not say itself it takes from the other.</summary>
    public void Fold(TKey from, TKey into, DateTimeOffset now)
    {
        if (!_profiles.Remove(from, out var gone))
        {
            return;
        }

        var kept = _profiles.GetValueOrDefault(into)?.Properties ?? [];
        foreach (var (name, value) in gone.Properties)
        {
            if (!kept.ContainsKey(name))
            {
                kept[name] = value?.DeepClone();
            }
        }

        _profiles[into] = new StoredProfile(kept, now);
    }
}
