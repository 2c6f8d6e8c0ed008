using System.Text.Json;
using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Core.Doctor;

/// <summary>
/// Finds the events that Mixpanel makes one of when it tidies up: of one day, with one name, distinct id and insert id, and with different times. For Sluice, as for
/// Mixpanel's export, they are two.
/// </summary>
public static class RepeatedEvents
{
    /// <param name="zone">Whose days are meant.</param>
    /// <returns>For each day that has some, how many of its events repeat another; the days in their order.</returns>
    public static IReadOnlyList<(DateOnly Day, int Events)> Count(IEnumerable<LoggedEvent> events, TimeZoneInfo zone)
    {
        var seen = new HashSet<(DateOnly Day, string Name, PersonKey Person, string InsertId)>();
        var repeats = new SortedDictionary<DateOnly, int>();
        foreach (var one in events)
        {
            if (InsertIdOf(one.Properties) is not { } insertId)
            {
                continue;
            }

            var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(one.Time), zone).Date);
            if (!seen.Add((day, one.Name, one.Person, insertId)))
            {
                repeats[day] = repeats.GetValueOrDefault(day) + 1;
            }
        }

        return [.. repeats.Select(r => (r.Key, r.Value))];
    }

    private static string? InsertIdOf(byte[] properties)
    {
        var reader = new Utf8JsonReader(properties);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && reader.ValueTextEquals("$insert_id"u8))
            {
                reader.Read();
                return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            }
        }

        return null;
    }
}
