using Sluice.Brevo;
using Sluice.Core.Delivery;

namespace Sluice.Destinations.Brevo.Events;

/// <summary>Looks for events among those that Brevo has stored, by name and insert id.</summary>
internal static class EventSearch
{
    private const int PageSize = 1_000;
    private const int MostPages = 10;
    private const int MostContacts = 20;
    private static readonly TimeSpan Around = TimeSpan.FromSeconds(1);

    /// <returns>Null where the answers did not tell.</returns>
    public static async Task<IReadOnlyList<bool?>> RunAsync(BrevoClient client, IReadOnlyList<EventPayload> events, CancellationToken cancellationToken)
    {
        var contacts = events.Select(e => e.ContactId).Distinct().ToList();
        var query = new BrevoEventQuery
        {
            ContactIds = contacts.Count <= MostContacts && !contacts.Contains(null) ? [.. contacts.OfType<long>()] : [],
            Names = [.. events.Select(e => e.Event.Name).Distinct(StringComparer.Ordinal)],
            Between = (Earlier(events.Min(e => e.Date)), Later(events.Max(e => e.Date))),
            Limit = PageSize,
        };
        var found = new HashSet<(string? Name, string? InsertId, long? Contact)>();
        var complete = false;
        try
        {
            for (var page = 0; page < MostPages && !complete; page++)
            {
                var answer = await client.GetEventsAsync(query with { Offset = page * PageSize }, cancellationToken);
                foreach (var stored in answer.Items)
                {
                    var insertId = stored.Properties.TryGetValue(EventProperties.InsertId, out var value) ? value.ToString() : null;
                    found.Add((stored.Name, insertId, stored.ContactId));
                    found.Add((stored.Name, insertId, null));
                }

                complete = answer.Items.Count < PageSize;
            }
        }
        catch (Exception e) when (e is BrevoException or DeliveryException)
        {
            // No answer, or none that the budget allows: what was seen until here was seen.
        }

        return [.. events.Select(e => found.Contains((e.Event.Name, e.InsertId, e.ContactId)) ? true : complete ? false : (bool?)null)];
    }

    private static DateTimeOffset Earlier(DateTimeOffset date) => date - DateTimeOffset.MinValue < Around ? DateTimeOffset.MinValue : date - Around;

    private static DateTimeOffset Later(DateTimeOffset date) => DateTimeOffset.MaxValue - date < Around ? DateTimeOffset.MaxValue : date + Around;
}
