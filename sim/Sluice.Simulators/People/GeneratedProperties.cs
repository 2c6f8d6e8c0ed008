using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Field = Sluice.Simulators.People.PeopleGenerator.Field;

namespace Sluice.Simulators.People;

/// <summary>
/// A made-up profile's custom properties, computed when asked for: exporting two properties of a million people costs only those two.
/// </summary>
internal sealed class GeneratedProperties(SeededHash draw) : IReadOnlyDictionary<string, object?>
{
    private static readonly string[] Names =
    [
        "plan", "company", "$city", "$country_code", "$timezone", "locale", "signup_date",
        "total_revenue", "orders", "newsletter", "interests",
    ];

    private static readonly string[] Plans = ["free", "free", "free", "trial", "pro", "pro", "business"];
    private static readonly string[] Companies = ["Acme Tea", "한빛상사", "Neel Traders", "Blue Door, Inc.", "Ünal & Co", "\"Quote\" Ltd"];
    private static readonly string[] Topics = ["travel", "music", "요리", "क्रिकेट", "books", "games", "yoga"];
    private static readonly string[][] Choices =
        [.. Enumerable.Range(0, 1 << Topics.Length).Select(static set => Topics.Where((_, i) => ((set >> i) & 1) == 1).ToArray())];

    private static readonly DateTime FirstSignup = new(2022, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private const int SignupMinutes = 4 * 365 * 24 * 60;

    /// <summary>A device that was never identified has no purchases, company or subscription.</summary>
    private readonly bool _anonymous = draw.Chance(Field.Anonymous, 10);

    public IEnumerable<string> Keys => Names.Where(ContainsKey);

    public IEnumerable<object?> Values => Keys.Select(key => this[key]);

    public int Count => Keys.Count();

    public object? this[string key] =>
        TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"The profile has no property {key}.");

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out object? value)
    {
        value = null;
        switch (key)
        {
            case "$city":
                // A city that could not be located is sent as an empty string, not left out.
                value = draw.Chance(Field.City, 20) ? "" : draw.Pick(Field.City, PeopleGenerator.RegionOf(draw).Cities);
                return true;
            case "$country_code":
                value = PeopleGenerator.RegionOf(draw).CountryCode;
                return true;
            case "$timezone":
                value = PeopleGenerator.RegionOf(draw).TimeZone;
                return true;
        }

        if (_anonymous)
        {
            return false;
        }

        switch (key)
        {
            case "plan":
                value = draw.Pick(Field.Plan, Plans);
                return true;
            case "company":
                value = draw.Pick(Field.Company, Companies);
                return draw.Bits(Field.Company) % 3 == 0;
            case "locale":
                value = PeopleGenerator.RegionOf(draw).Locale;
                return true;
            case "signup_date":
                value = FirstSignup.AddMinutes(draw.Below(Field.SignedUp, SignupMinutes)).ToString("s", CultureInfo.InvariantCulture);
                return true;
            case "total_revenue":
                value = Orders == 0 ? 0m : new decimal(draw.Below(Field.Revenue, 500_000), 0, 0, isNegative: false, scale: 2);
                return true;
            case "orders":
                value = Orders;
                return true;
            case "newsletter":
                value = draw.Chance(Field.Newsletter, 650);
                return true;
            case "interests":
                value = draw.Pick(Field.Interests, Choices);
                return true;
            default:
                return false;
        }
    }

    private int Orders => Math.Max(0, draw.Below(Field.Orders, 40) - 10);

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() =>
        Keys.Select(key => KeyValuePair.Create(key, this[key])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
