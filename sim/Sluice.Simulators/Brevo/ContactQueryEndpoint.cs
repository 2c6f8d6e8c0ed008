using System.Globalization;

namespace Sluice.Simulators.Brevo;

/// <summary><c>GET /contacts</c> and the members of one list: the same paging over two sets.</summary>
internal static class ContactQueryEndpoint
{
    private const int MaxIds = 20;

    public static BrevoAnswer Query(BrevoAccount account, BrevoRequest request)
    {
        var page = request.Page(defaultLimit: 50, maxLimit: 1_000);
        var lists = request.Numbers("listIds");
        if (request.Has("segmentId"))
        {
            RefuseSegment(request, lists);
        }

        var ids = request.Numbers("ids");
        if (ids.Length > MaxIds)
        {
            throw BrevoRefusal.Invalid($"ids should not have more than {MaxIds} entries");
        }

        var source = Source(account, lists);
        var filters = new List<Func<Contact, bool>>();
        if (ids.Length > 0)
        {
            filters.Add(contact => ids.Contains(contact.Id));
        }

        AddSince(request, filters);
        if (request.Text("filter") is { } filter)
        {
            filters.Add(ContactFilter.Parse(account.Attributes, filter));
        }

        return Page(account, source, filters, request.Descending(), page);
    }

    public static BrevoAnswer Members(BrevoAccount account, BrevoRequest request)
    {
        var list = account.Lists.Get(request.Number(0));
        var page = request.Page(defaultLimit: 50, maxLimit: 500);
        var filters = new List<Func<Contact, bool>>();
        AddSince(request, filters);
        return Page(account, list.Members, filters, request.Descending(), page);
    }

    private static void AddSince(BrevoRequest request, List<Func<Contact, bool>> filters)
    {
        if (request.Moment("modifiedSince") is { } modified)
        {
            filters.Add(contact => contact.ModifiedTicks > modified.UtcTicks);
        }

        if (request.Moment("createdSince") is { } created)
        {
            filters.Add(contact => contact.CreatedTicks > created.UtcTicks);
        }
    }

    private static void RefuseSegment(BrevoRequest request, long[] lists)
    {
        if (lists.Length > 0)
        {
            throw BrevoRefusal.Invalid("Either listIds or segmentId can be passed");
        }

        throw long.TryParse(request.Text("segmentId"), NumberStyles.None, CultureInfo.InvariantCulture, out var segment) && segment > 0
            ? BrevoRefusal.NotFound("Segment ID does not exist")
            : BrevoRefusal.Invalid("segmentId should be a positive integer");
    }

    private static IdSet Source(BrevoAccount account, long[] lists)
    {
        var resolved = account.Lists.Resolve(lists);
        switch (resolved.Count)
        {
            case 0:
                return account.Contacts.All;
            case 1:
                return resolved[0].Members;
            default:
                var union = new IdSet();
                foreach (var list in resolved)
                {
                    union.UnionWith(list.Members);
                }

                return union;
        }
    }

    private static BrevoAnswer Page(
        BrevoAccount account, IdSet source, List<Func<Contact, bool>> filters, bool descending, (int Offset, int Limit) page)
    {
        List<Contact> contacts;
        int count;
        if (filters.Count == 0)
        {
            count = source.Count;
            contacts = [.. source.Enumerate(descending, page.Offset).Take(page.Limit).Select(id => account.Contacts.Find(id)!)];
        }
        else
        {
            var matching = source.Enumerate(descending)
                .Select(id => account.Contacts.Find(id)!)
                .Where(contact => filters.TrueForAll(filter => filter(contact)))
                .ToList();
            count = matching.Count;
            contacts = [.. matching.Skip(page.Offset).Take(page.Limit)];
        }

        return BrevoAnswer.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("contacts");
            foreach (var contact in contacts)
            {
                ContactJson.Write(json, account, contact);
            }

            json.WriteEndArray();
            json.WriteNumber("count", count);
            json.WriteEndObject();
        });
    }
}
