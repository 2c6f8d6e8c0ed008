using System.Text.Json.Nodes;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>Where a record comes from: what it says itself, then coordinates, then its address, then the caller's.</summary>
internal sealed class Geo(IReadOnlyDictionary<string, MixpanelPlace> places)
{
    /// <summary>Gives an event its place and takes its address away, which is never stored.</summary>
    public void Locate(JsonObject properties, string? callerAddress)
    {
        var address = properties["ip"];
        properties.Remove("ip");
        if (properties.ContainsKey("$city") || properties.ContainsKey("$region") || properties.ContainsKey("mp_country_code"))
        {
            return;
        }

        if ((ByCoordinates(properties) ?? ByAddress(address, callerAddress)) is { } place)
        {
            Write(properties, place, "mp_country_code");
        }
    }

    /// <summary>Gives a profile the place of an update, over the one that it had.</summary>
    public void Locate(JsonObject profile, ProfileUpdate update, string? callerAddress)
    {
        if (update.Names("$city") || update.Names("$region") || update.Names("$country_code"))
        {
            return;
        }

        if (ByCoordinates(update.Record) is { } exact)
        {
            Write(profile, exact, "$country_code");
            profile["$geo_source"] = "reverse_geocoding";
        }
        else if (ByAddress(update.Record["$ip"], callerAddress) is { } place)
        {
            Write(profile, place, "$country_code");
            profile.Remove("$geo_source");
        }
    }

    private static void Write(JsonObject properties, MixpanelPlace place, string country)
    {
        properties["$city"] = place.City;
        properties["$region"] = place.Region;
        properties[country] = place.Country;
    }

    private MixpanelPlace? ByCoordinates(JsonObject record) =>
        JsonTree.AsNumber(record["$latitude"]) is { } latitude && JsonTree.AsNumber(record["$longitude"]) is { } longitude
            ? MixpanelPlace.Nearest(places.Values, latitude, longitude)
            : null;

    // An address of 0 is no address, and switches the caller's off.
    private MixpanelPlace? ByAddress(JsonNode? sent, string? callerAddress) =>
        (JsonTree.AsId(sent) ?? callerAddress) is { } address ? places.GetValueOrDefault(address) : null;
}
