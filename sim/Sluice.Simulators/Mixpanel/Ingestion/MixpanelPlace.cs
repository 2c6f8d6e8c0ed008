namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>A location that an address or a pair of coordinates is resolved to.</summary>
/// <param name="City">The city.</param>
/// <param name="Region">The region.</param>
/// <param name="Country">The country, two letters.</param>
/// <param name="Latitude">Decimal degrees.</param>
/// <param name="Longitude">Decimal degrees.</param>
public sealed record MixpanelPlace(string City, string Region, string Country, double Latitude, double Longitude)
{
    /// <summary>
    /// Addresses of the documentation ranges, and the address that every caller on this machine has: a server that forgets to switch
    /// the look-up off sees all its people move to where it stands itself.
    /// </summary>
    public static IReadOnlyDictionary<string, MixpanelPlace> Samples { get; } = new Dictionary<string, MixpanelPlace>(StringComparer.Ordinal)
    {
        ["127.0.0.1"] = new("Ashburn", "Virginia", "US", 39.04, -77.49),
        ["192.0.2.7"] = new("Seoul", "Seoul", "KR", 37.57, 126.98),
        ["198.51.100.7"] = new("Mumbai", "Maharashtra", "IN", 19.08, 72.88),
        ["203.0.113.7"] = new("Lyon", "Auvergne-Rhône-Alpes", "FR", 45.76, 4.84),
    };

    internal static MixpanelPlace? Nearest(IEnumerable<MixpanelPlace> places, double latitude, double longitude) =>
        places.MinBy(place => Math.Pow(place.Latitude - latitude, 2) + Math.Pow(place.Longitude - longitude, 2));
}
